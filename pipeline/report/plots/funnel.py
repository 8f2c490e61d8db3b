"""The funnel: each site's value by its rounded number of women, with the limits that chance and size allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals
from pipeline.report.material import Row, is_shown
from pipeline.report.plots.axis import LINE_MM, absent_lines, write_absent
from pipeline.report.plots.sheet import INK, MUTED, PALE, RULE, WHITE, Ink, Picture, Scale, Sheet, part_of, scale, wrapped

if TYPE_CHECKING:
    from pipeline.measures import Measure
    from pipeline.report.material import Material

MEAN, IMPROVED = "mean", "reliably_improved"
NAMES = {MEAN: "funnel", IMPROVED: "funnel-share"}
"""What the figures of each kind are called before the measure."""
WHAT = {MEAN: "Mean improvement", IMPROVED: "Reliably improved"}
_TOP, _HEIGHT, _LEFT, _RIGHT = 18.0, 52.0, 11.0, 2.0
_KEY_MM = 27.0
_BESIDE = {"below": "below the limits", "above": "above the limits", "at_limit": "at a limit"}


def draw_funnels(material: Material, measure: Measure, style: Ink, *, synthetic: bool) -> list[Picture]:
    """The funnel of means and that of shares, as far as their limits are released."""
    made = (_funnel(material, measure, kind, style, synthetic=synthetic) for kind in NAMES)
    return [picture for picture in made if picture is not None]


def _funnel(material: Material, measure: Measure, kind: str, style: Ink, *, synthetic: bool) -> Picture | None:
    limits = material.rows("open_funnel_limits", measure=measure.id, kind=kind)
    rows = material.rows("open_funnels", measure=measure.id, kind=kind)
    drawn = [row for row in rows if is_shown(row, "n", "value")]
    policy = material.row("open_false_alarms", measure=measure.id, kind=kind, is_policy=True)
    if not limits or not drawn or policy is None:
        return None
    others: dict[str, list[str]] = {}
    for row in sorted(rows, key=lambda row: row["site_id"]):
        if row not in drawn:
            others.setdefault(row["status"], []).append(row["site_id"])
    title = f"Funnel of sites, {WHAT[kind].lower()} on {measure.label}"
    alt = _alt(measure, kind, drawn, policy)
    sheet = _sheet(drawn, limits, others, measure, kind, policy, style, synthetic=synthetic)
    table = material.tables["open_funnels"]
    data = table.loc[(table["measure"] == measure.id) & (table["kind"] == kind)].sort_values("site_id")
    return Picture(f"{NAMES[kind]}-{measure.id}", title, alt, data, sheet.svg(title=title, alt=alt))


def _sheet(
    drawn: list[Row],
    limits: list[Row],
    others: dict[str, list[str]],
    measure: Measure,
    kind: str,
    policy: Row,
    style: Ink,
    *,
    synthetic: bool,
) -> Sheet:
    style = part_of(style, 0.5)
    flagged = [f"{row['site_id']} {_BESIDE[row['flag']]}" for row in sorted(drawn, key=_code) if row["flag"] in _BESIDE]
    lines = wrapped(f"By the policy: {'; '.join(flagged)}.", style.width_mm, style.font_size_points - 1) if flagged else []
    lines += absent_lines(style.width_mm, style.font_size_points - 1, others)
    bottom = _TOP + _HEIGHT
    sheet = Sheet(style, bottom + 10 + (LINE_MM * len(lines) + 2 if lines else 0), synthetic=synthetic)
    suffix = "_od" if policy["is_over_dispersed"] else ""
    ends = [row[f"{end}_998{each}"] for row in limits for end in ("low", "high") for each in {"", suffix}]
    across = scale([row["n"] for row in limits], left=_LEFT, right=sheet.width - _RIGHT, n_ticks=5)
    up = scale([*ends, *(row["value"] for row in drawn)], left=bottom, right=_TOP, n_ticks=5)
    _axes(sheet, across, up, measure, kind)
    _curves(sheet, across, up, limits, suffix)
    for row in sorted(drawn, key=_code):
        is_beyond = row["flag"] in ("below", "above")
        fill = sheet.style.accent if is_beyond else (WHITE if row["flag"] == "at_limit" else sheet.style.colour)
        sheet.disc(
            across(row["n"]), up(row["value"]), 1.1, fill=fill, edge=sheet.style.accent if is_beyond else sheet.style.colour
        )
        if row["flag"] in _BESIDE:
            sheet.text(across(row["n"]) + 2, up(row["value"]), row["site_id"], size=-1)
    write_absent(sheet, bottom + 12, lines)
    return sheet


def _code(row: Row) -> str:
    return str(row["site_id"])


def _axes(sheet: Sheet, across: Scale, up: Scale, measure: Measure, kind: str) -> None:
    unit = f"{measure.range.unit} on {measure.label}, positive is better" if kind == MEAN else f"percent, {measure.label}"
    sheet.text(0, 5.6, f"{WHAT[kind]}, {unit}", bold=True, size=-1)
    for tick in up.ticks:
        sheet.line([across.left, across.right], [up(tick)] * 2, colour=PALE, weight=0.8)
        words = numerals.plain(round(tick, 6)) if kind == MEAN else numerals.percent(tick)
        sheet.text(across.left - 1.5, up(tick), words, align="right", colour=MUTED, size=-1)
    for tick in across.ticks:
        sheet.text(across(tick), up.left + 2.6, numerals.count(tick), align="center", colour=MUTED, size=-1)
    sheet.line([across.left, across.right], [up.left] * 2, colour=RULE, weight=0.8)
    label = "Women with both scores at the site, rounded"
    sheet.text((across.left + across.right) / 2, up.left + 6.6, label, align="center", size=-0.5)


def _curves(sheet: Sheet, across: Scale, up: Scale, limits: list[Row], suffix: str) -> None:
    """The limits of the policy, those of chance alone where they differ, and the middle; their names above."""
    last = limits[-1]
    x = [across(row["n"]) for row in limits]
    plain = [] if not suffix or last["high_998"] == last["high_998_od"] else [("998", "", MUTED, 0.7, (1, 1.6))]
    drawn = [*plain, ("95", suffix, sheet.style.colour, 0.9, (3, 1.6)), ("998", suffix, sheet.style.colour, 1.1, ())]
    for level, kind, colour, weight, dashes in drawn:
        for end in ("low", "high"):
            y = [up(row[f"{end}_{level}{kind}"]) for row in limits]
            sheet.line(x, y, colour=colour, weight=weight, dashes=dashes)
    sheet.line([across.left, across.right], [up(last["target"])] * 2, colour=sheet.style.accent, weight=1)
    names = [
        ("all drawn sites", sheet.style.accent, 1.0, ()),
        (f"{numerals.percent(95)} limits", sheet.style.colour, 0.9, (3, 1.6)),
        (f"{numerals.percent(99.8)} limits", sheet.style.colour, 1.1, ()),
        *([(f"{numerals.percent(99.8)}, chance alone", MUTED, 0.7, (1, 1.6))] if plain else []),
    ]
    for position, (words, colour, weight, dashes) in enumerate(names):
        left, height = across.left + _KEY_MM * (position % 2), 10.0 + 4.0 * (position // 2)
        sheet.line([left, left + 5], [height] * 2, colour=colour, weight=weight, dashes=dashes)
        sheet.text(left + 6.2, height, words, colour=INK if colour != MUTED else MUTED, size=-1.5)


def _alt(measure: Measure, kind: str, drawn: list[Row], policy: Row) -> str:
    beyond = [row["site_id"] for row in sorted(drawn, key=_code) if row["flag"] in ("below", "above")]
    close = [row["site_id"] for row in sorted(drawn, key=_code) if row["flag"] == "at_limit"]
    values = [row["value"] for row in drawn]
    form = numerals.points if kind == MEAN else numerals.percent
    said = f"Beyond the limits of the policy: {', '.join(beyond)}" if beyond else "No site lies beyond the limits of the policy"
    return (
        f"{said}; if no site were special, {numerals.plain(policy['expected'])} would be expected. "
        f"{'At a limit: ' + ', '.join(close) + '. ' if close else ''}"
        f"Funnel of {WHAT[kind].lower()} on {measure.label} at {numerals.counted(len(drawn), 'site')} by their rounded number of "
        f"women, from {form(min(values))} to {form(max(values))}."
    )
