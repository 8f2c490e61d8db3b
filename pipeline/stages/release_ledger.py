"""The ledger of one release: who stands behind what, what stays back for earlier releases, and for all that stands together.

Release asks it four times: for the pools, once the tables of counts are made, once those that rest on them are, and at the
end. It keeps what output checking and the next release need: every cell with its reason, the attack on what was withheld, and
the women behind what is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.disclosure.releases import Held, hashed_women, held_back
from pipeline.disclosure.rule import SHOWN, TOO_FEW, is_enough, may_enter
from pipeline.not_for_release import THE_KEY
from pipeline.stages.release_linked import System, Together
from pipeline.stages.release_linked_change import add_change
from pipeline.stages.release_linked_numbers import LATER, by_measure, printed
from pipeline.stages.release_linked_people import add_people, add_within_people
from pipeline.stages.release_linked_theories import VOICES, add_theories, of_theory
from pipeline.stages.release_linked_voices import add_voices
from pipeline.stages.release_masks import without_figures, without_units
from pipeline.stages.release_sets import ALL, PAIRED, REFERRED, STANDING, women_behind
from pipeline.stages.release_sets_voices import ANSWERS, PEOPLE, SURVEY
from pipeline.tables import empty, shape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pandas import DataFrame, Series

    from pipeline.config import ReleaseSettings
    from pipeline.measures import Measure
    from pipeline.theories import Theory

    Tables = dict[str, DataFrame]

SINCE = "Since an earlier release too few women have come, gone or changed, so that the figure of that release still stands."
_BY_MEASURE = {
    **dict.fromkeys(("open_sites", "open_classes", "open_pooled", "open_distribution", "open_subgroups"), PAIRED),
    **dict.fromkeys(("open_recovery", "open_effects", "open_methods", "open_thresholds", "open_timing"), PAIRED),
    **dict.fromkeys(("open_completeness", "open_flow", "open_severity", "open_balance"), STANDING),
    **dict.fromkeys(("open_missing", "open_scenarios", "open_tipping"), STANDING),
}
_OF_REFERRALS = ("open_returns", "open_equity", "open_waits", "open_series", "open_breaks")
_OF_THEORIES = ("open_theories", "open_theory_imputed")
_OF_ANSWERS = ("open_answers", "open_staff_change", "open_constructs", "open_survey")
_OF_PEOPLE = {"open_voices": PEOPLE, **dict.fromkeys(_OF_ANSWERS, ANSWERS)}
_VARIABLES = {**_BY_MEASURE, **dict.fromkeys(_OF_REFERRALS, REFERRED), **_OF_PEOPLE}
"""By open table, the kind of the variable that its figures are on."""
_NAMED_BY = {**dict.fromkeys(_BY_MEASURE, "measure"), **dict.fromkeys(_OF_PEOPLE, "instrument"), "open_voices": "topic"}
"""The column that names the variable of a kind; the survey has none, as it is one."""
MADE_OF_THESE = frozenset(
    {"findings", "disclosure_log", "open_verdicts", "open_twin", "open_agreement", "open_sensitivity"}
    | {"open_funnels", "open_funnel_limits", "open_false_alarms"}
)
"""Open tables that stay back with the pool, or are made of tables that are held already."""
OF_OTHERS = frozenset(
    {"open_services", "open_components", "open_typology", "open_types", "open_type_profiles", "open_decisions", "open_joint"}
    | {"open_truth_table", "open_solutions", "open_necessary", "open_theory_changes", "open_instruments"}
)
"""Open tables on sites, on theories or on questionnaires."""


class ReleaseLedger:
    """What one release must answer for.

    `earlier`: by name the table `published_women` of each earlier release, and under `the key` what their hashes were made
    with; empty where nothing has been published.
    """

    def __init__(self, exact: Tables, rule: ReleaseSettings, earlier: Mapping[str, Any] | None = None) -> None:
        self._exact, self._rule = exact, rule
        self.women = _as_candidates(women_behind(exact), rule)
        before = {name: table for name, table in (earlier or {}).items() if name != THE_KEY and table is not None}
        key = (earlier or {}).get(THE_KEY)
        self.held: Held = {}
        if before and key:
            self.held = held_back(hashed_women(self.women, key["key"]), before, rule, unknown=(PEOPLE, ANSWERS))
        self._withheld: dict[str, int] = {}
        self._linked = System(Together(rule))
        self._first_measure = ""

    def is_held(self, variable: str, site: str = ALL) -> bool:
        """Whether the figure of a site, or that over sites, stays back because of an earlier release."""
        return site in self.held.get(variable, ())

    def pools(self, rows: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """The pooled rows by measure, in words where the pool stays back."""
        stays = ("measure", "k_sites", "k_sites_left_out")
        words = {"has_shrunken_plot": False, "status": TOO_FEW, "note": SINCE}
        back = [name for name, row in rows.items() if row["status"] == SHOWN and self.is_held(f"{PAIRED}/{name}")]
        self._withheld["open_pooled"] = len(back)
        return {name: {**{key: row[key] for key in stays}, **words} if name in back else row for name, row in rows.items()}

    def together(
        self, opened: Tables, members: Tables, theories: Mapping[str, Theory], measures: Mapping[str, Measure]
    ) -> Tables:
        """The tables of counts with what must be withheld, so that nothing else is told by all of them together.

        `members`: by measure the sites of the released pool.
        """
        self._first_measure = next(iter(measures), "")
        made = self.since_releases({name: t if len(t) else empty(name) for name, t in opened.items()}, theories)
        counts = Together(self._rule)
        add_people(counts, self._exact, made)
        for measure, mine in members.items():
            add_change(counts, measure, self._exact, made, mine, measures[measure].primary_reliable_change)
        add_within_people(counts, members, self._exact["accepted_referrals"]["site_id"].unique())
        add_voices(counts, self._exact, made)
        by_measure(counts, measures, self._exact)
        add_theories(counts, theories, self._first_measure, self._exact["theory_sites"], made["open_theories"])
        self._linked = System(counts)
        return without_units(made, self._linked.withhold())

    def beside(self, opened: Tables) -> Tables:
        """The tables that were made last with what must be withheld, so that they tell nothing beside all the others."""
        made = {name: shape(name, opened[name]) if len(opened[name]) else empty(name) for name in LATER}
        self._linked.show(printed(made, self._linked.made))
        return {**opened, **without_units(made, self._linked.withhold(LATER))}

    def since_releases(self, opened: Tables, theories: Mapping[str, Theory]) -> Tables:
        """The tables without the figures that earlier releases hold back."""
        made = dict(opened)
        for name, table in opened.items():
            where = self._rows_held(name, table, theories)
            if where is not None and where.any():
                self._withheld[name] = self._withheld.get(name, 0) + int((where & _is_shown(table)).sum())
                made[name] = without_figures(name, table, where, SINCE)
        return made

    def withheld_since(self, table: str) -> int:
        """How many rows of an open table stay back because of an earlier release."""
        return self._withheld.get(table, 0)

    def findings(self, findings: DataFrame) -> DataFrame:
        """The findings; how many women and referrals there are stays back with the total of those referred."""
        totals = ["study.n_women", "study.n_referrals"]
        linked = [unit.place["key"] for unit in self._linked.further if unit.table == "findings"]
        made = without_figures("findings", findings, findings["key"].isin(linked))
        if not self.is_held(REFERRED):
            return made
        is_total = made["key"].isin(totals)
        return without_figures("findings", made, is_total).assign(
            statement=lambda table: table["statement"].where(~is_total, SINCE)
        )

    def kept(self, opened: Tables) -> Tables:
        """The tables `released_women`, `checked_cells` and `checked_attack` of what is `opened` in the end."""
        import pandas as pd

        women = self.women.copy()
        shown = {variable: _shown_of(variable, opened) for variable in women["variable"].unique()}
        at_site = [site in shown[variable] for variable, site in zip(women["variable"], women["site_id"], strict=True)]
        is_total = women["variable"].map({variable: ALL in sites for variable, sites in shown.items()}).astype("boolean")
        women["is_at_site"] = pd.array(at_site, dtype="boolean")
        women["is_in_total"] = women["is_in_total"] & is_total
        found = {"checked_cells": self._linked.cells(self.held, _VARIABLES), "checked_attack": self._linked.attack()}
        made = {name: shape(name, table) if len(table) else empty(name) for name, table in found.items()}
        return {"released_women": shape("released_women", women), **made}

    def _rows_held(self, name: str, table: DataFrame, theories: Mapping[str, Theory]) -> Series[bool] | None:
        if table.empty or not self.held:
            return None
        site = table["site_id"] if "site_id" in table else table.iloc[:, 0].map(lambda _: ALL)
        if name in _OF_THEORIES:
            of = {each: _variable_of(theory, self._first_measure) for each, theory in theories.items()}
            variable = table["theory_id"].map(of)
        elif name in _VARIABLES:
            variable = _variables_of(name, table)
        else:
            return None
        found: Series[bool] = variable.combine(site, lambda v, s: isinstance(v, str) and self.is_held(v, s)).astype(bool)
        return found


def is_held_to_releases(table: str) -> bool:
    """Whether an open table is held against earlier releases, by the women behind it."""
    return table in _VARIABLES or table in _OF_THEORIES


def population_of(table: str) -> str:
    """Who stands behind an open table, in words."""
    words = {PAIRED: "women with both scores", STANDING: "women by where they stand, due a second score or not"}
    if table in _BY_MEASURE:
        return words[_BY_MEASURE[table]]
    if table in _OF_REFERRALS:
        return "women referred"
    if table in _OF_THEORIES:
        return "women with both scores, women referred or people who answered, as the theory says"
    return "people who answered" if table in _OF_PEOPLE else "sites, theories or questionnaires, as the table says"


def _is_shown(table: DataFrame) -> Series[bool]:
    status: Series[bool] = table["n_status" if "n_status" in table else "status"] == SHOWN
    return status


def _as_candidates(women: DataFrame, rule: ReleaseSettings) -> DataFrame:
    """Whatever could be shown counts as shown while it is decided what may be."""
    counts = women.groupby(["variable", "site_id"]).size()
    enters = counts.groupby(level="variable", group_keys=False).apply(lambda n: may_enter(n, rule)) if len(counts) else counts
    place = women.set_index(["variable", "site_id"]).index
    large, entering = set(counts.index[is_enough(counts, rule)]), set(counts.index[enters.astype(bool)])
    return women.assign(is_at_site=[p in large for p in place], is_in_total=[p in entering for p in place])


def _variables_of(name: str, table: DataFrame) -> Series[str]:
    """The variable of each row of an open table."""
    import pandas as pd

    kind = _VARIABLES[name]
    if name in _OF_REFERRALS:
        return pd.Series(kind, index=table.index, dtype="str")
    named = table[_NAMED_BY[name]] if _NAMED_BY[name] in table else pd.Series(SURVEY, index=table.index, dtype="str")
    return (f"{kind}/" + named).astype("str")


def _variable_of(theory: Theory, first_measure: str) -> str:
    """The variable that a theory's figures are on."""
    kind, of = theory.outcome.kind, of_theory(theory, first_measure)
    if kind in VOICES:
        return f"{ANSWERS}/{theory.outcome.asked[0]}"
    return REFERRED if kind == "wait" else f"{STANDING if kind == 'retention' else PAIRED}/{of}"


def _shown_of(variable: str, opened: Tables) -> set[str]:
    """The sites of which anything on a variable is shown, and ALL."""
    kind = variable.partition("/")[0]
    found: set[str] = set()
    for name in (name for name, base in _VARIABLES.items() if base == kind):
        table = opened.get(name)
        if table is None or table.empty:
            continue
        rows = table[(_variables_of(name, table) == variable) & _is_shown(table)]
        found |= set(rows["site_id"]) if "site_id" in rows else ({ALL} if len(rows) else set())
    return found
