"""Every figure of a release: the picture, the data drawn and the alternative text."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pipeline.engine.nodes import to_csv
from pipeline.report.colours import legible
from pipeline.report.material import Material
from pipeline.report.plots.classes import draw_classes
from pipeline.report.plots.completeness import draw_completeness
from pipeline.report.plots.components import draw_components
from pipeline.report.plots.distribution import draw_distribution
from pipeline.report.plots.flow import draw_flow
from pipeline.report.plots.forest import draw_forest
from pipeline.report.plots.funnel import draw_funnels
from pipeline.report.plots.missing import draw_balance, draw_missing
from pipeline.report.plots.scores import draw_scores
from pipeline.report.plots.series import draw_series
from pipeline.report.plots.sheet import Ink, type_setting
from pipeline.report.plots.shrunken import draw_shrunken
from pipeline.report.plots.theory import draw_theories
from pipeline.report.plots.thresholds import draw_thresholds
from pipeline.report.plots.types import draw_types
from pipeline.report.plots.voices import draw_answers, draw_staff_change
from pipeline.report.plots.waits import draw_waits
from pipeline.report.study import SYNTHETIC

if TYPE_CHECKING:
    from pandas import DataFrame

    from pipeline.measures import Measure
    from pipeline.report.plots.sheet import Picture, Style

    Paint = Callable[..., list[Picture]]

_BY_MEASURE = (draw_missing, draw_distribution, draw_thresholds, draw_classes, draw_forest, draw_shrunken, draw_funnels)


def draw(tables: Mapping[str, DataFrame], measures: Mapping[str, Measure], *, style: Style, synthetic: bool) -> dict[str, bytes]:
    """Draw what the open tables allow: `<name>.svg`, `<name>.csv` with the data drawn, and `alt.json` with the texts by name.

    A figure of which nothing may be shown is left out; documents then say so in words. The same tables give the same bytes.
    """
    material = Material(tables, measures)
    ink = Ink(style.font_size_points, style.width_mm, legible(style.colour), legible(style.accent))
    files: dict[str, bytes] = {}
    texts: dict[str, str] = {}
    with type_setting(ink):
        for picture in _pictures(material, ink, synthetic=synthetic):
            files[f"{picture.name}.svg"] = picture.svg
            files[f"{picture.name}.csv"] = _csv(picture, synthetic=synthetic)
            texts[picture.name] = picture.alt
    files["alt.json"] = (json.dumps(texts, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()
    return files


def _pictures(material: Material, style: Ink, *, synthetic: bool) -> list[Picture]:
    measures = list(material.measures.values())
    found: list[Picture] = []
    if measures:
        found += draw_flow(material, material.measures[material.primary or measures[0].id], style, synthetic=synthetic)
        found += draw_completeness(material, measures, style, synthetic=synthetic)
        found += _first_of(draw_balance, material, style, synthetic=synthetic)
    found += draw_components(material, style, synthetic=synthetic)
    found += draw_types(material, style, synthetic=synthetic)
    found += draw_waits(material, style, synthetic=synthetic)
    found += draw_series(material, style, synthetic=synthetic)
    found += draw_answers(material, style, synthetic=synthetic)
    found += draw_scores(material, style, synthetic=synthetic)
    found += draw_staff_change(material, style, synthetic=synthetic)
    found += draw_theories(material, style, synthetic=synthetic)
    for measure in measures:
        for paint in _BY_MEASURE:
            found += paint(material, measure, style, synthetic=synthetic)
    return found


def _first_of(paint: Paint, material: Material, style: Ink, *, synthetic: bool) -> list[Picture]:
    """The pictures of the first measure that has any."""
    drawn = (paint(material, measure, style, synthetic=synthetic) for measure in material.measures.values())
    return next(filter(None, drawn), [])


def _csv(picture: Picture, *, synthetic: bool) -> bytes:
    data = picture.data.assign(data=SYNTHETIC) if synthetic else picture.data
    return to_csv(data)
