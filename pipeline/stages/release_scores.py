"""What may leave of scores of staff and attendees: over all sites, and by nothing that would single out a small group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.disclosure.rule import SHOWN, TOO_FEW, is_spread, nearest
from pipeline.stages.voices_change import sites_entering
from pipeline.stages.voices_people import ALL, ENTERING
from pipeline.tables import empty

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pandas import DataFrame, Series

    from pipeline.config import ReleaseSettings
    from pipeline.instruments import Instrument

    Row = dict[str, Any]

_MEANS = ("mean_before", "mean_after")
_WIDE = 10
"""Points from end to end, from which one decimal is enough; a mean of answers of 1 to 5 gets two."""


def release_staff_change(
    changes: Mapping[str, DataFrame], instruments: Mapping[str, Instrument], rule: ReleaseSettings
) -> DataFrame:
    """Change by construct over all sites, of the same people and of different people; never by profession or site.

    Means stand beside the change to the next occasion alone: beside a later one they would, as they are of fewer people, tell of
    the others. Where everybody changed by the same, or nobody for the worse, the figure that says so is withheld.
    """
    import pandas as pd

    rows = []
    by = ["instrument", "construct", "occasion", "comparison"]
    for topic, table in changes.items():
        for key, mine in table.groupby(by, sort=False):
            what: Row = dict(zip(by, key, strict=True))
            facts = _facts(instruments, what["instrument"], what["construct"])
            if facts is not None:
                rows.append({"topic": topic, **what, **facts, **_change(mine, what, facts, rule)})
    if not rows:
        return empty("open_staff_change")
    return pd.DataFrame(rows).sort_values(["topic", "instrument", "order", "comparison", "occasion"], ignore_index=True)


def _facts(instruments: Mapping[str, Instrument], name: str, construct: str) -> Row | None:
    """What the file of the instrument says of a construct."""
    instrument = instruments.get(name)
    if instrument is None or construct not in instrument.constructs or instrument.answers is None:
        return None
    found = instrument.constructs[construct]
    times = len(found.questions) if found.score == "sum" else 1
    ends = {"scale_low": float(times * instrument.answers.low), "scale_high": float(times * instrument.answers.high)}
    return {"name": found.name, "order": list(instrument.constructs).index(construct), "is_better": found.better, **ends}


def _change(mine: DataFrame, what: Row, facts: Row, rule: ReleaseSettings) -> Row:
    sites = mine[~mine["site_id"].isin([ALL, ENTERING])].set_index("site_id")
    cohorts = sites[["n_before"] if what["comparison"] == "paired" else ["n_before", "n_after"]]
    kept = sites_entering(cohorts, rule)
    whole = _over(mine, kept)
    if whole is None or not all(is_spread(cohort[kept], rule) for _, cohort in cohorts.items()):
        return {"status": TOO_FEW, "note": "Too few people, or too few sites, stand behind it."}
    if not whole["high"] > whole["low"]:
        return {"status": TOO_FEW, "note": "Everybody changed by the same, so that the mean would tell of each of them."}
    places = _places(facts)
    row: Row = {"status": SHOWN, "k_sites": int(whole["k_sites"]), "note": ""}
    row |= {name: int(nearest(whole[name], rule)) for name in ("n_before", "n_after")}
    row |= {name: _rounded(value, places) for name, value in (("change", whole["change"]), *_limits(whole).items())}
    if what["occasion"] == "after":
        row |= {name: _rounded(whole[name], places) for name in _MEANS}
    biserial = _rounded(whole["rank_biserial"], 2)
    return row | {"rank_biserial": None if abs(biserial) >= 1 else biserial}


def _limits(whole: Row) -> dict[str, float]:
    """Those that let people of a site go together, where there are such, and never narrower than those of people alone."""
    import pandas as pd

    ends = {"low": min, "high": max}
    return {end: pick(x for x in (whole[end], whole[f"{end}_by_site"]) if pd.notna(x)) for end, pick in ends.items()}


def _over(mine: DataFrame, kept: Series[bool]) -> Row | None:
    """The row over the sites that the figure may hold."""
    wanted = ALL if kept.all() else ENTERING
    found = mine[mine["site_id"] == wanted]
    return {str(name): value for name, value in found.iloc[0].items()} if len(found) else None


def _places(facts: Row) -> int:
    return 1 if facts["scale_high"] - facts["scale_low"] > _WIDE else 2


def _rounded(value: float, places: int) -> float:
    return round(float(value), places) + 0.0  # never a minus before nought


def release_constructs(nomad: DataFrame, instruments: Mapping[str, Instrument], rule: ReleaseSettings) -> DataFrame:
    """Mean scores by construct, over all sites and by wave where both waves may stand and leave no small rest."""
    import pandas as pd

    rows = []
    for (name, construct, occasion), mine in nomad.groupby(["instrument", "construct", "occasion"], dropna=False, sort=False):
        facts = _facts(instruments, str(name), str(construct))
        if facts is None:
            continue
        what: Row = {"instrument": name, "construct": construct, "occasion": occasion if occasion == occasion else None}
        rows += [{**what, **facts, **found} for found in _waves(mine, facts, rule)]
    if not rows:
        return empty("open_constructs")
    return pd.DataFrame(rows).sort_values(["instrument", "order", "occasion", "wave"], kind="stable", ignore_index=True)


def _waves(mine: DataFrame, facts: Row, rule: ReleaseSettings) -> list[Row]:
    sites = mine[~mine["site_id"].isin([ALL, ENTERING])]
    people = {wave: part.set_index("site_id")["n"] for wave, part in sites.groupby("wave")}
    kept = {wave: sites_entering(n.to_frame(), rule) for wave, n in people.items()}
    fits = {wave: is_spread(n[kept[wave]], rule) for wave, n in people.items()}
    rows: list[Row] = []
    if not fits.get(ALL):
        return [{"wave": ALL, "status": TOO_FEW}]
    others = [wave for wave in people if wave != ALL]
    together = {site for wave in others for site in kept[wave].index[kept[wave]]}
    may_split = all(fits[wave] for wave in others) and together == set(kept[ALL].index[kept[ALL]])
    for wave in (ALL, *(w for w in others if may_split and w != "not_recorded" and len(others) > 1)):
        whole = _over(mine[mine["wave"] == wave], kept[wave])
        if whole is None or not whole["sd"] > 0:
            rows.append({"wave": wave, "status": TOO_FEW})
            continue
        row: Row = {"wave": wave, "status": SHOWN, "k_sites": int(whole["k_sites"]), "n": int(nearest(whole["n"], rule))}
        rows.append(row | {name: _rounded(whole[name], _places(facts)) for name in ("mean", "low", "high")})
    return rows
