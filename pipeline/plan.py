"""The graph: every step of the study, what it reads and what it writes. A step is its signature; the work is done elsewhere.

Read it from top to bottom: ingest, decisions, validate, to-sites, score, change, compare, impute, classify, access, appraise,
release, figures, reports.
"""

from typing import TYPE_CHECKING, Annotated, Any

from pipeline.catalog import ACCEPTED, APPRAISED, COMPARED, EXACT, OPEN_TABLES, WOMEN_OF_THEORIES, Catalog
from pipeline.engine.nodes import hashed
from pipeline.engine.step import Step, step
from pipeline.study import Study, facts_for_print, facts_of_results, facts_of_run

if TYPE_CHECKING:
    from pandas import DataFrame

    Frames = dict[str, DataFrame]
else:
    DataFrame = Frames = Any


def plan(study: Study) -> list[Step]:
    """All steps of `study`. Facts are read by content: a step re-runs when a setting, measure or theory that it reads changes."""
    catalog = Catalog(study.config.paths, study.config_file.resolve().parent)
    config, sites, release = study.config, study.sites, study.last_release
    used, known = hashed("measures", study.measures), hashed("known measures", study.known_measures)
    theories, rule = hashed("theories", study.theories), hashed("config.release", config.release)
    about, seed = hashed("study", facts_for_print(study)), hashed("config.seed", config.seed)
    steps: list[Step] = []

    for received in study.returns:
        site = received.site_id

        def ingest_step(
            paths: Annotated[Any, catalog.received(site, received.paths)],
            received: Annotated[Any, hashed(f"name of {site}", received, decides=received.names)],
            limits: Annotated[Any, hashed("config.intake", config.intake)],
            mapping: Annotated[Any, catalog.mapping(site)],
        ) -> Annotated[Frames, catalog.records(site)]:
            """Read one return to cells as text, each with its address."""
            from pipeline.stages.ingest import ingest

            return ingest(received, limits, mapping)

        def to_site_step(
            paths: Annotated[Any, catalog.received(site, received.paths)],
            rejected: Annotated[DataFrame, catalog["rejected"]],
            quality: Annotated[DataFrame, catalog["quality"]],
            uses: Annotated[DataFrame, catalog["score_uses"]],
            study: Annotated[
                Any, hashed(f"what the passport of {site} says of the run", facts_for_print(study, received.content))
            ],
            site: Annotated[str, hashed(f"site {site}", site)],
            release: Annotated[Any, hashed("last release", release)],
            then: Annotated[Any, catalog.published_faults(release)],
            limits: Annotated[Any, hashed("config.intake", config.intake)],
        ) -> Annotated[dict[str, bytes], catalog.to_site(site)]:
            """Give a site its passport and its workbook, marked up."""
            from pipeline.returns.resubmission import standing
            from pipeline.stages.to_sites import to_site

            received = standing(site, paths, rejected)
            return to_site(site, received, rejected, quality, uses, study, release=release, then=then, limits=limits)

        steps += [step("ingest", ingest_step, of=site), step("to-sites", to_site_step, of=site)]

    def decisions_step(
        path: Annotated[Any, catalog.decisions_file()], sites: Annotated[list[str], hashed("sites", sites)]
    ) -> Annotated[Frames, catalog.some("decisions", "decision_faults")]:
        """Read what the analyst decided, scanned like a return."""
        from pipeline.returns.decisions_file import read_decisions

        return read_decisions(path, sites)

    def validate_step(
        records: Annotated[dict[str, Frames], {site: catalog.records(site) for site in sites}],
        sites: Annotated[list[str], hashed("sites", sites)],
        measures: Annotated[Any, known],
        decisions: Annotated[DataFrame, catalog["decisions"]],
        received: Annotated[Any, hashed("config.study.received", config.study.received)],
        change: Annotated[Any, hashed("config.change", config.change)],
    ) -> Annotated[Frames, catalog.some(*(f"accepted_{name}" for name in ACCEPTED), "rejected", "rejected_rows", "quality")]:
        """Parse and check every return; name each fault by its cell."""
        from pipeline.stages.validate import ValidateSettings, validate

        settings = ValidateSettings(received=received, pre_window_days=change.pre_window_days)
        return validate(records, measures, decisions, settings)

    def score_step(
        outcomes: Annotated[DataFrame, catalog["accepted_outcomes"]], measures: Annotated[Any, used]
    ) -> Annotated[DataFrame, catalog["scores"]]:
        """One total a woman's referral, measure and occasion."""
        from pipeline.stages.score import score

        return score(outcomes, measures)

    def change_step(
        scores: Annotated[DataFrame, catalog["scores"]],
        referrals: Annotated[DataFrame, catalog["accepted_referrals"]],
        measures: Annotated[Any, used],
        settings: Annotated[Any, hashed("config.change", config.change)],
        data_cut: Annotated[Any, hashed("config.study.data_cut", config.study.data_cut)],
    ) -> Annotated[Frames, catalog.some("change", "flow", "missingness", "due", "score_uses")]:
        """Pair each woman's first and last score and classify the change."""
        from pipeline.stages.change import change

        return change(scores, referrals, measures, settings, data_cut)

    def compare_step(
        change: Annotated[DataFrame, catalog["change"]],
        missingness: Annotated[DataFrame, catalog["missingness"]],
        aggregates: Annotated[DataFrame, catalog["accepted_aggregates"]],
        referrals: Annotated[DataFrame, catalog["accepted_referrals"]],
        measures: Annotated[Any, used],
        settings: Annotated[Any, hashed("config.compare", config.compare)],
        seed: Annotated[int, seed],
    ) -> Annotated[Frames, catalog.some(*COMPARED)]:
        """Mean improvement by site, pooled and shrunken, at the same first score, and in funnels."""
        from pipeline.stages.compare import compare

        return compare(change, missingness, aggregates, referrals, measures, settings, seed)

    def impute_step(
        due: Annotated[DataFrame, catalog["due"]],
        referrals: Annotated[DataFrame, catalog["accepted_referrals"]],
        site_effects: Annotated[DataFrame, catalog["site_effects"]],
        pooled: Annotated[DataFrame, catalog["pooled"]],
        measures: Annotated[Any, used],
        seed: Annotated[int, seed],
    ) -> Annotated[Frames, catalog.some("imputed", "scenarios", "tipping", "balance")]:
        """What women without a second score could mean for the answer."""
        from pipeline.stages.impute import impute

        return impute(due, referrals, site_effects, pooled, measures, seed)

    def classify_step(
        change: Annotated[DataFrame, catalog["change"]], measures: Annotated[Any, used]
    ) -> Annotated[Frames, catalog.some("strip", "strip_verdicts", "twin", "methods")]:
        """How much shares depend on where the line is drawn, and what would come of itself."""
        from pipeline.stages.classify import classify

        return classify(change, measures)

    def access_step(
        referrals: Annotated[DataFrame, catalog["accepted_referrals"]],
        contacts: Annotated[DataFrame, catalog["accepted_contacts"]],
        activity: Annotated[DataFrame, catalog["accepted_activity"]],
        service: Annotated[DataFrame, catalog["accepted_service"]],
        flow: Annotated[DataFrame, catalog["flow"]],
        denominators: Annotated[Any, hashed("denominators", study.denominators)],
        settings: Annotated[Any, hashed("config.access", config.access)],
        rule: Annotated[Any, rule],
        seed: Annotated[int, seed],
    ) -> Annotated[Frames, catalog.some("waits", "equity", "activity_series", "interrupted")]:
        """How long women wait, who is seen, and what happens month by month."""
        from pipeline.stages.access import access

        return access(referrals, contacts, activity, service, denominators, settings, rule, flow["data_cut"].max(), seed)

    def appraise_step(
        site_effects: Annotated[DataFrame, catalog["site_effects"]],
        adjusted: Annotated[DataFrame, catalog["adjusted"]],
        service: Annotated[DataFrame, catalog["accepted_service"]],
        theories: Annotated[Any, theories],
        lock: Annotated[Any, catalog.theories_lock()],
        rows: Annotated[Frames, catalog.some(*WOMEN_OF_THEORIES)],
        measures: Annotated[Any, used],
        settings: Annotated[Any, hashed("config.compare", config.compare)],
        waits: Annotated[Any, hashed("config.access", config.access)],
        seed: Annotated[int, seed],
    ) -> Annotated[Frames, catalog.some(*APPRAISED)]:
        """Hold each theory against the sites and women."""
        from pipeline.stages.appraise import Records, appraise

        records = Records(
            change=rows["change"],
            due=rows["due"],
            referrals=rows["accepted_referrals"],
            contacts=rows["accepted_contacts"],
            experience=rows["accepted_experience"],
            measures=measures,
            compare=settings,
            access=waits,
            data_cut=rows["flow"]["data_cut"].max(),
        )
        return appraise(site_effects, adjusted, service, theories, lock, records=records, seed=seed)

    def release_step(
        exact: Annotated[Frames, catalog.some(*EXACT)],
        measures: Annotated[Any, used],
        theories: Annotated[Any, theories],
        rule: Annotated[Any, rule],
        policy: Annotated[Any, hashed("config.funnel", config.funnel)],
        weeks: Annotated[Any, hashed("config.access.weeks", config.access.weeks)],
        seed: Annotated[int, seed],
    ) -> Annotated[Frames, catalog.some(*OPEN_TABLES)]:
        """The one door: suppress, round, and only then hand on."""
        from pipeline.stages.release import release

        return release(exact, measures, theories, rule, policy, weeks, seed)

    def ledger_step(
        quality: Annotated[DataFrame, catalog["quality"]],
        rejected: Annotated[DataFrame, catalog["rejected"]],
        wrong: Annotated[DataFrame, catalog["decision_faults"]],
        run: Annotated[Any, hashed("what decides results", facts_of_results(study))],
    ) -> Annotated[Any, {"ledger": catalog.ledger, "to_take": catalog.decisions_to_take}]:
        """What this run was made from, the rows in and out of every table, and the faults to decide on."""
        from pipeline.returns.decisions_to_take import decisions_to_take
        from pipeline.stages.ledger import ledger

        return {"ledger": ledger(quality, rejected, run, wrong), "to_take": decisions_to_take(rejected)}

    def open_files_step(
        tables: Annotated[Frames, catalog.some(*OPEN_TABLES)],
    ) -> Annotated[Frames, {**{name: catalog.open_csv(name) for name in OPEN_TABLES}, "disclosure_log": catalog.disclosure_log}]:
        """Open tables as CSV, and the log of what was withheld."""
        return tables

    def figures_step(
        tables: Annotated[Frames, catalog.some(*OPEN_TABLES)],
        measures: Annotated[Any, used],
        style: Annotated[Any, hashed("config.figures", config.figures)],
        synthetic: Annotated[bool, hashed("synthetic", study.synthetic)],
    ) -> Annotated[dict[str, bytes], catalog.figures]:
        """Draw every figure, with its data and its alt text."""
        from pipeline.report.figures import draw

        return draw(tables, measures, style=style, synthetic=synthetic)

    def national_step(
        tables: Annotated[Frames, catalog.some(*OPEN_TABLES)],
        figures: Annotated[dict[str, bytes], catalog.figures],
        measures: Annotated[Any, used],
        study: Annotated[Any, about],
        run: Annotated[Any, hashed("run", facts_of_run(study))],
    ) -> Annotated[
        Any, {"national-report.pdf": catalog.national_pdf, "national-report.md": catalog.national_markdown, "run": catalog.run}
    ]:
        """Typeset the national report, and say what the run was made from."""
        from pipeline.report.documents import national

        return {**national(tables, measures, figures, study), "run": run}

    named: dict[str, Any] = {
        "decisions": decisions_step,
        "validate": validate_step,
        "score": score_step,
        "change": change_step,
        "compare": compare_step,
        "impute": impute_step,
        "classify": classify_step,
        "access": access_step,
        "appraise": appraise_step,
        "release": release_step,
        "ledger": ledger_step,
        "open-files": open_files_step,
        "figures": figures_step,
        "national-report": national_step,
    }
    steps += [step(name, function) for name, function in named.items()]

    for site in study.reported_sites:

        def site_report_step(
            tables: Annotated[Frames, catalog.some(*OPEN_TABLES)],
            figures: Annotated[dict[str, bytes], catalog.figures],
            measures: Annotated[Any, used],
            study: Annotated[Any, about],
            site: Annotated[str, hashed(f"site {site}", site)],
        ) -> Annotated[Any, {f"{site}.pdf": catalog.site_report(site)}]:
            """Typeset the report of one site."""
            from pipeline.report.documents import site as site_report

            return site_report(site, tables, measures, figures, study)

        steps.append(step("site-reports", site_report_step, of=site))
    return steps
