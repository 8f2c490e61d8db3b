"""What services offer, which pathways exist where, how services are set up, and whether they fall into types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, sentences, wording
from pipeline.report.blocks import Block, Cell, Column, Heading, Items, Paragraph, Table
from pipeline.report.material import is_shown
from pipeline.report.plots.types import telling
from pipeline.report.sections.delivery import figures

if TYPE_CHECKING:
    from pipeline.report.material import Material, Row

ALL = "ALL"
_NO_ANSWERS = ("not_recorded", "not_open_yet", "not_returned")
_SETTINGS = ("wave", "area", "time_limit_months")
_STAFF = ("wte_psychology", "wte_midwifery", "wte_peer_support", "wte_psychiatry", "wte_other")
_VERDICTS = {
    "stable": "Services fall into {types} types that are more distinct than chance would make them and come back when services "
    "are drawn anew.",
    "patterns": "There is a pattern of {types} kinds of service that is more distinct than chance would make it, but which "
    "services belong to which kind is doubtful: when services are drawn anew, groups come back only in part.",
    "unknown": "Whether services fall into types cannot be said: {why}.",
    "none": "There are no stable types of service: {why}. The parts of the services above are all that can be said of models.",
}
_WHY_NONE = {
    "chance": "were each part of the offer dealt out among the services at random, the best groups would be as distinct as those "
    "found here",
    "unstable": "the groups found are more distinct than chance would make them, but fall apart when services are drawn anew",
    "small_groups": "whichever way they are grouped, a group is left with one or two services",
    "alike": "hardly any part is offered by some services and not by others",
    "few_units": "too few services say most of what they offer for groups to be told from chance",
}
_ORDER = "Which type is better."
_CANNOT = (
    (
        "Which model works.",
        "A type says what services offer. Whether it goes with outcomes is asked by the theories, one by one.",
    ),
    (_ORDER, "Letters stand for size and site code alone; types have no order."),
    ("How much of it is done.", "A return says that a part is offered, not to how many women, how well or for how long."),
    ("Why services differ.", "Money, local history, rurality and the services around them are not in these returns."),
)


def services(material: Material) -> list[Block]:
    """The map of services, the pathways offered, settings and staff, and the typology."""
    rows = material.rows("open_services")
    blocks: list[Block] = [
        Heading("Services and models"),
        Paragraph(
            "What each service offers, as its latest return says. A pathway that a service does not offer is a feature of "
            "its model and not a gap in its data; outcomes of that pathway are then marked as not offered."
        ),
    ]
    if not rows:
        return [*blocks, Paragraph("No return describes its service, so the models cannot be set side by side.")]
    drawn = figures(material, "components", "What services offer: components by site, and how many of the sites that answered.")
    blocks += [Paragraph(_told(material)), *drawn, *_pathways(material)]
    return [*blocks, *_types(material), *_settings(material, rows)]


def _told(material: Material) -> str:
    """Who described a service and who did not; what nearly all offer, and what few do."""
    said = [sentences.sentence(material, "delivery.k_described")]
    types = material.rows("open_types")
    for status in _NO_ANSWERS:
        sites = [row["site_id"] for row in types if row["status"] == status]
        if sites:
            said.append(f"{wording.capital(wording.status(status))}: {wording.listed(sites)}.")
    counted = [row for row in material.rows("open_components") if row["k_with"] + row["k_without"] > 0]
    counted = [row for row in counted if row["kind"] != "feature"]
    everywhere = [wording.in_a_sentence(row["component"]) for row in counted if not row["k_without"]]
    nowhere = [wording.in_a_sentence(row["component"]) for row in counted if not row["k_with"]]
    if everywhere:
        said.append(f"Every service that answered offers {wording.listed(everywhere)}.")
    if nowhere:
        said.append(f"No service that answered offers {wording.listed(nowhere, 'or')}.")
    return " ".join(said)


def _pathways(material: Material) -> list[Block]:
    rows = material.rows("open_components", kind="pathway")
    referred = {row["group"]: row for row in material.rows("open_equity", dimension="pathway")}
    lines = [_pathway(row, referred.get(row["component"]), is_told=bool(referred)) for row in rows]
    columns = (
        Column("Pathway", share=1),
        Column("Sites that offer it", "right"),
        Column("Sites that do not", "right"),
        Column("Sites without an answer", "right"),
        Column("Women referred to it alone", "right"),
    )
    note = (
        "A woman with several pathways is counted under who came, as several. Pathways with few women are held to a higher "
        "minimum."
    )
    few = [wording.in_a_sentence(row["component"]) for row in rows if 0 < row["k_with"] < row["k_without"]]
    text = (
        "Women can only be referred to a pathway that exists where they live. A blank at a site without the pathway is therefore "
        "no woman missing, and national figures of a pathway speak of the sites that offer it."
    )
    if few:
        text += f" Fewer than half of the services that answered offer {wording.listed(few)}."
    return [Heading("Pathways offered", level=2), Paragraph(text), Table("Pathways offered", columns, tuple(lines), note=note)]


def _pathway(row: Row, referred: Row | None, *, is_told: bool) -> tuple[str | Cell, ...]:
    """`is_told`: whether pathways of women are known at all; then a pathway without a row has too few, which may be none."""
    silent = sum(row[f"k_{name}"] for name in _NO_ANSWERS)
    counts = (numerals.count(each) for each in (row["k_with"], row["k_without"], silent))
    women: str | Cell
    if referred is not None and is_shown(referred, "n_referred"):
        women = numerals.count(referred["n_referred"])
    elif not row["k_with"]:
        women = Cell(wording.status("not_offered" if row["k_without"] and not row["k_not_recorded"] else "not_recorded"), "muted")
    else:
        women = Cell(wording.status("too_few" if is_told else "not_recorded"), "muted")
    return (wording.component(row["component"]), *counts, women)


def _settings(material: Material, rows: list[Row]) -> list[Block]:
    """Wave, area, time limit and bands of staff, a row a site that says any of it."""
    value = {(row["site_id"], row["component"]): row["value"] for row in rows}
    names = [name for name in (*_SETTINGS, *_STAFF) if any(name == component for _, component in value)]
    told = sorted({site for (site, name), answer in value.items() if name in names and answer not in _NO_ANSWERS})
    if not told:
        return []
    lines = [(site, *(_setting(name, value.get((site, name), "not_recorded")) for name in names)) for site in told]
    columns = (Column("Site"), *(Column(wording.component(name), "center", share=1) for name in names))
    spans = (
        ("", 1),
        ("Setting", sum(name in _SETTINGS for name in names)),
        ("Staff, whole-time equivalents", sum(n in _STAFF for n in names)),
    )
    note = (
        "EI: Early Implementer; FF: Fast Follower. Time limit: months after the birth or loss within which a woman can be "
        "referred. Staff in post at the end of the period, in bands, the upper end not included."
    )
    table = Table("Setting and staff", columns, tuple(lines), note=note, spans=tuple(s for s in spans if s[1]), is_dense=True)
    text = "How each service is set up and how large its team is, as its latest return says."
    return [Heading("Setting and staff", level=2), Paragraph(text), table]


def _setting(name: str, answer: str) -> str | Cell:
    if answer in _NO_ANSWERS:
        return Cell(wording.status(answer), "muted")
    if name == "time_limit_months":
        return Cell("none", "muted") if answer == "no_limit" else f"{answer} months"
    return wording.words(answer)


def _types(material: Material) -> list[Block]:
    whole = material.row("open_typology", type=ALL)
    if whole is None:
        return []
    blocks: list[Block] = [Heading("Types of service", level=2), Paragraph(_verdict(whole))]
    each = [row for row in material.rows("open_typology") if row["type"] != ALL]
    if each:
        blocks += [
            _table(material, each),
            *figures(material, "types", "Types of service: the share of each type with each component."),
        ]
        blocks.append(Items(tuple((f"Type {row['type']}.", f"{_described(material, row['type'])}.") for row in each)))
        blocks.append(Paragraph(_how_firm(whole)))
    cannot = _CANNOT if each else tuple(item for item in _CANNOT if item[0] != _ORDER)
    return [*blocks, Heading("What cannot be said of models", level=3), Items(cannot)]


def _verdict(whole: Row) -> str:
    if whole["verdict"] != "none":
        return _VERDICTS[whole["verdict"]].format(types=numerals.count(whole["k_types"]))
    verdict = "unknown" if whole["reason"] == "few_units" else "none"
    return _VERDICTS[verdict].format(why=_WHY_NONE[whole["reason"]])


def _described(material: Material, name: str) -> str:
    words = telling(material.rows("open_type_profiles"), name)
    return wording.capital(words) if words else "No single component sets it apart"


def _table(material: Material, each: list[Row]) -> Table:
    lines = []
    for row in each:
        sites = [site["site_id"] for site in material.rows("open_types", type=row["type"])]
        standing = "stable" if row["verdict"] == "stable" else "a pattern: its members are doubtful"
        lines.append(
            (row["type"], numerals.count(row["k_sites"]), numerals.hundredths(row["likeness"]), standing, wording.listed(sites))
        )
    columns = (
        Column("Type"),
        Column("Sites", "right"),
        Column("Likeness", "right"),
        Column("Standing"),
        Column("Which", share=1),
    )
    note = (
        "Likeness: how far the group comes back when services are drawn anew with replacement, on average (Jaccard; Hennig). "
        "Letters go by size, then by site code."
    )
    return Table("Types of service", columns, tuple(lines), note=note, is_dense=True)


def _how_firm(whole: Row) -> str:
    """How the types fare against chance, without single components, and by another way of grouping."""
    chance = numerals.probability(whole["p_value"])
    said = [f"Groups as distinct as these come of parts dealt out at random with a probability of {chance}."]
    if whole["agreement_left_out"] is not None:
        without, least = wording.component(whole["left_out"]), numerals.hundredths(whole["agreement_left_out"])
        said.append(
            f"Leaving out one component at a time, the groups agree with these by {least} or more "
            f"(adjusted Rand index, where nought is chance); the least without {without}."
        )
    if whole["agreement_linkage"] is not None:
        said.append(
            f"Grouped by average linkage in place of medoids they agree by {numerals.hundredths(whole['agreement_linkage'])}."
        )
    return " ".join(said)
