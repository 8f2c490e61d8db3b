"""The graph from the one door on: every step that makes what leaves. It reads open tables and files, and nothing else."""

from typing import TYPE_CHECKING, Annotated, Any

from pipeline.catalog import OPEN_TABLES, SINCE_TABLES, Catalog
from pipeline.engine.nodes import hashed
from pipeline.engine.step import Step, step
from pipeline.study import Study, facts_for_print, facts_of_run

if TYPE_CHECKING:
    from pandas import DataFrame

    Frames = dict[str, DataFrame]
else:
    DataFrame = Frames = Any


def reports(study: Study, catalog: Catalog) -> list[Step]:
    """The steps after `release`: what changed since the last one, open files, figures, documents."""
    config, last = study.config, study.release_to_compare
    used, about = hashed("measures", study.measures), hashed("study", facts_for_print(study))
    is_synthetic = hashed("synthetic", study.synthetic)
    released, told = catalog.some(*OPEN_TABLES), catalog.some(*OPEN_TABLES, *SINCE_TABLES)

    def since_release_step(
        now: Annotated[Frames, released],
        then: Annotated[Any, catalog.release_tables(last)],
        last: Annotated[Any, hashed("release to compare with", last)],
    ) -> Annotated[DataFrame, catalog["open_changes_since"]]:
        """Hold the open tables against those of the last published release."""
        from pipeline.stages.compare_releases import changes_since

        return changes_since(now, then, last)

    def open_files_step(
        tables: Annotated[Frames, told],
        synthetic: Annotated[bool, is_synthetic],
    ) -> Annotated[Frames, {**{name: catalog.open_csv(name) for name in told}, "disclosure_log": catalog.disclosure_log}]:
        """Open tables as CSV, and the log of what was withheld."""
        return tables

    def figures_step(
        tables: Annotated[Frames, released],
        measures: Annotated[Any, used],
        style: Annotated[Any, hashed("config.figures", config.figures)],
        synthetic: Annotated[bool, is_synthetic],
    ) -> Annotated[dict[str, bytes], catalog.figures]:
        """Draw every figure, with its data and its alt text."""
        from pipeline.report.figures import draw

        return draw(tables, measures, style=style, synthetic=synthetic)

    def national_report_step(
        tables: Annotated[Frames, told],
        figures: Annotated[dict[str, bytes], catalog.figures],
        measures: Annotated[Any, used],
        study: Annotated[Any, about],
        run: Annotated[Any, hashed("run", facts_of_run(study))],
    ) -> Annotated[Any, {**catalog.documents("national-report", "html"), "run": catalog.run}]:
        """Typeset the national report, and say what the run was made from."""
        from pipeline.report.documents import national

        return {**national(tables, measures, figures, study), "run": run}

    def summaries_step(
        tables: Annotated[Frames, told],
        figures: Annotated[dict[str, bytes], catalog.figures],
        measures: Annotated[Any, used],
        study: Annotated[Any, about],
    ) -> Annotated[Any, {**catalog.documents("commissioner-brief"), **catalog.documents("summary-for-women")}]:
        """Typeset the brief for commissioners and the summary in plain words."""
        from pipeline.report.summaries import brief, summary

        return {**brief(tables, measures, figures, study), **summary(tables, measures, study)}

    functions = (since_release_step, open_files_step, figures_step, national_report_step, summaries_step)
    steps = [step(function.__name__.removesuffix("_step").replace("_", "-"), function) for function in functions]

    for site in study.reported_sites:

        def site_report_step(
            tables: Annotated[Frames, released],
            figures: Annotated[dict[str, bytes], catalog.figures],
            measures: Annotated[Any, used],
            study: Annotated[Any, about],
            site: Annotated[str, hashed(f"site {site}", site)],
        ) -> Annotated[Any, catalog.site_documents(site)]:
            """Typeset the report of one site."""
            from pipeline.report.documents import site as site_report

            return site_report(site, tables, measures, figures, study)

        steps.append(step("site-reports", site_report_step, of=site))
    return steps
