"""The shape of every table. Import what you need late: pandera takes seconds to load."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame
    from pandera.pandas import DataFrameSchema


@cache
def schemas() -> dict[str, DataFrameSchema]:
    """Every table by name: those that sites return, those made on the way, and the open ones."""
    from pipeline.tables.accessed import ACCESSED
    from pipeline.tables.appraised import APPRAISED
    from pipeline.tables.checked import CHECKED
    from pipeline.tables.compared import COMPARED
    from pipeline.tables.compared_change import COMPARED_CHANGE
    from pipeline.tables.described import DESCRIBED
    from pipeline.tables.joined import JOINED
    from pipeline.tables.processed import PROCESSED
    from pipeline.tables.released import RELEASED
    from pipeline.tables.released_access import RELEASED_ACCESS
    from pipeline.tables.released_change import RELEASED_CHANGE
    from pipeline.tables.released_delivery import RELEASED_DELIVERY
    from pipeline.tables.released_numbers import RELEASED_NUMBERS
    from pipeline.tables.released_since import RELEASED_SINCE
    from pipeline.tables.released_theories import RELEASED_THEORIES
    from pipeline.tables.released_voices import RELEASED_VOICES
    from pipeline.tables.returned import RETURNED
    from pipeline.tables.voiced import VOICED

    open_ones = {**RELEASED, **RELEASED_CHANGE, **RELEASED_ACCESS, **RELEASED_NUMBERS, **RELEASED_DELIVERY}
    open_ones |= {**RELEASED_THEORIES, **RELEASED_SINCE, **RELEASED_VOICES}
    compared = {**COMPARED, **COMPARED_CHANGE}
    return {
        **RETURNED,
        **PROCESSED,
        **CHECKED,
        **compared,
        **ACCESSED,
        **APPRAISED,
        **DESCRIBED,
        **JOINED,
        **VOICED,
        **open_ones,
    }


def empty(name: str) -> DataFrame:
    """A table with its columns and types, and no row."""
    return _empty(name).copy()


@cache
def _empty(name: str) -> DataFrame:
    import pandas as pd

    return shape(name, pd.DataFrame())


def shape(name: str, frame: DataFrame | None) -> DataFrame:
    """Order the columns of `frame` as the schema has them, add those that are absent as missing, and set the types.

    Raises pandera's SchemaError where the content does not fit; that is a fault of ours, never of a site.
    """
    import pandas as pd

    if frame is None:
        return empty(name)
    schema = schemas()[name]
    columns = {}
    for column, spec in schema.columns.items():
        values = frame[column] if column in frame else pd.Series(None, index=frame.index, dtype="object")
        if spec.metadata["dtype"] == "float64" and values.dtype == object:
            values = values.astype("Float64").astype("float64")
        columns[column] = values.astype(spec.metadata["dtype"])
    return pd.DataFrame(columns, index=frame.index).reset_index(drop=True)
