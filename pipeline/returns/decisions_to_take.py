"""The faults that the analyst may decide on, as lines of the file of decisions that lack the decision alone."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pipeline.returns.decisions_hashes import in_order

if TYPE_CHECKING:
    from pandas import DataFrame

_FROM = {"site": "site_id", "return_hash": "return_hash", "rule_id": "rule_id", "sheet": "sheet", "cell": "cell"}
_OPEN = ("row", "value", "warning")
_OURS = ("decision-", "rejected-by-decision")


def decisions_to_take(rejected: DataFrame) -> DataFrame:
    """A row of the table `decisions` for each fault of a row or value and each warning in a cell whose value is known."""
    import pandas as pd

    from pipeline.tables import shape

    text = {name: rejected[name].fillna("").astype("str") for name in (*_FROM.values(), "value_hash")}
    is_open = rejected["severity"].isin(_OPEN) & ~text["rule_id"].str.startswith(_OURS)
    is_open &= (text["cell"] != "") & (text["return_hash"] != "") & (text["value_hash"] != "")
    lines = pd.DataFrame({**{ours: text[theirs] for ours, theirs in _FROM.items()}, "old_value_hash": text["value_hash"]})
    lines = lines[is_open].drop_duplicates()
    places = {at: (site, sheet, in_order(cell)) for at, site, sheet, cell in lines[["site", "sheet", "cell"]].itertuples()}
    lines = lines.loc[sorted(places, key=places.__getitem__)]
    ids = [hashlib.sha256("\n".join(row).encode("utf-8", "surrogatepass")).hexdigest() for row in lines.itertuples(index=False)]
    return shape("decisions", lines.assign(id=[f"d{long[:12]}" for long in ids]))
