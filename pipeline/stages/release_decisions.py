"""What may leave of the decisions on faults: rule, reason and a rounded number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.disclosure.rule import round_counts, status_of
from pipeline.returns.decisions import applied

if TYPE_CHECKING:
    from pandas import DataFrame

    from pipeline.config import ReleaseSettings

_BY = ["rule_id", "reason_code", "decision"]


def release_decisions(rejected: DataFrame, rule: ReleaseSettings) -> DataFrame:
    """A row a rule, reason and decision, with how many cells were decided so at all sites; a cell counts like a woman.

    No total of them is released, so that none that is withheld can be worked out from the others.
    """
    counted = applied(rejected).groupby(_BY).size().rename("n").reset_index()
    return counted.assign(n=round_counts(counted["n"], rule), status=status_of(counted["n"], rule))
