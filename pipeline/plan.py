"""The graph: every step of the study, what it reads and what it writes. A step is its signature; the work is done elsewhere.

Read it from top to bottom: ingest, decisions, evidence, validate, to-sites, score, change, compare, impute, classify, access,
describe, voices, appraise, joint, release; what comes after the door stands in plan_reports.
"""

from typing import TYPE_CHECKING, Annotated, Any

from pipeline.catalog import (
    ACCEPTED,
    APPRAISED,
    CHECKED_TABLES,
    COMPARED,
    DESCRIBED,
    EXACT,
    OPEN_TABLES,
    VOICED,
    WOMEN_OF_THEORIES,
    Catalog,
)
from pipeline.engine.nodes import hashed
from pipeline.engine.step import Step, step
from pipeline.plan_checking import checking
from pipeline.plan_reports import reports
from pipeline.report.study import SYNTHETIC
from pipeline.study import Study, facts_for_print, facts_of_results

if TYPE_CHECKING:
    from pandas import DataFrame

    Frames = dict[str, DataFrame]
else:
    DataFrame = Frames = Any


def plan(study: Study) -> list[Step]:
    """All steps of `study`. Facts are read by content: a step re-runs when a setting, measure or theory that it reads changes."""
    catalog = Catalog(study.config.paths, study.config_file.resolve().parent, mark=SYNTHETIC if study.synthetic else "")
    config, sites, release = study.config, study.sites, study.last_release
    used, known = hashed("measures", study.measures), hashed("known measures", study.known_measures)
    theories, rule = hashed("theories", study.theories), hashed("config.release", config.release)
    known_sites = hashed("sites of the study", sorted({*sites, *(config.sites or ())}))
    seed, instruments = hashed("config.seed", config.seed), hashed("instruments", study.instruments)
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

    def evidence_step(
        path: Annotated[Any, catalog.evidence_file(study.evidence)],
        sites: Annotated[list[str], known_sites],
    ) -> Annotated[Frames, catalog.some("evidence", "evidence_faults")]:
        """Read what people said, coded, scanned like a return."""
        from pipeline.returns.evidence_file import read_evidence

        return read_evidence(path, sites)

    def validate_step(
        records: Annotated[dict[str, Frames], {site: catalog.records(site) for site in sites}],
        sites: Annotated[list[str], hashed("sites", sites)],
        measures: Annotated[Any, known],
        decisions: Annotated[DataFrame, catalog["decisions"]],
        received: Annotated[Any, hashed("config.study.received", config.study.received)],
        change: Annotated[Any, hashed("config.change", config.change)],
        synthetic: Annotated[bool, hashed("synthetic", study.synthetic)],
        instruments: Annotated[Any, instruments],
    ) -> Annotated[Frames, catalog.some(*(f"accepted_{name}" for name in ACCEPTED), "rejected", "rejected_rows", "quality")]:
        """Parse and check every return; name each fault by its cell."""
        from pipeline.stages.validate import ValidateSettings, validate

        settings = ValidateSettings(received=received, pre_window_days=change.pre_window_days, synthetic=synthetic)
        return validate(records, measures, decisions, settings, instruments)

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
    ) -> Annotated[
        Frames, catalog.some("change", "flow", "standing", "missingness", "due", "completion", "timing", "score_uses")
    ]:
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

    def describe_step(
        rows: Annotated[Frames, catalog.some("accepted_service", "accepted_referrals", "quality", "change")],
        measures: Annotated[Any, used],
        seed: Annotated[int, seed],
        sites: Annotated[list[str], known_sites],
    ) -> Annotated[Frames, catalog.some(*DESCRIBED)]:
        """What services offer, the types of service, and improvement by pathway and intervention."""
        from pipeline.stages.describe import describe

        return describe(rows, measures, seed, sites)

    def voices_step(
        experience: Annotated[DataFrame, catalog["accepted_experience"]],
        survey: Annotated[DataFrame, catalog["accepted_survey"]],
        staff: Annotated[DataFrame, catalog["accepted_staff"]],
        training: Annotated[DataFrame, catalog["accepted_training"]],
        referrals: Annotated[DataFrame, catalog["accepted_referrals"]],
        service: Annotated[DataFrame, catalog["accepted_service"]],
        instruments: Annotated[Any, instruments],
        rule: Annotated[Any, rule],
    ) -> Annotated[Frames, catalog.some(*VOICED)]:
        """What women, families and staff say of the services, and what training changed."""
        from pipeline.stages.voices import voices

        returned = {"experience": experience, "survey": survey, "staff": staff, "training": training}
        return voices(returned, referrals, service, instruments, rule)

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
        from pipeline.stages.impute_theories import impute_theories

        records = Records.of(rows, measures, settings, waits)
        appraised = appraise(site_effects, adjusted, service, theories, lock, records=records, seed=seed)
        return {**appraised, **impute_theories(theories, service, records, seed)}

    def joint_step(
        evidence: Annotated[DataFrame, catalog["evidence"]], appraisal: Annotated[DataFrame, catalog["appraisal"]]
    ) -> Annotated[DataFrame, catalog["joint"]]:
        """Set what people said beside what the numbers say."""
        from pipeline.stages.joint import joint

        return joint(evidence, appraisal)

    def release_step(
        exact: Annotated[Frames, catalog.some(*EXACT)],
        measures: Annotated[Any, used],
        theories: Annotated[Any, theories],
        rule: Annotated[Any, rule],
        policy: Annotated[Any, hashed("config.funnel", config.funnel)],
        weeks: Annotated[Any, hashed("config.access.weeks", config.access.weeks)],
        seed: Annotated[int, seed],
        instruments: Annotated[Any, instruments],
        earlier: Annotated[Any, catalog.beside_releases.earlier(study.releases_before)],
        sites: Annotated[list[str], known_sites],
    ) -> Annotated[Frames, catalog.some(*OPEN_TABLES, *CHECKED_TABLES, "released_women")]:
        """The one door: suppress, round, and only then hand on."""
        from pipeline.stages.release import release
        from pipeline.stages.release_ledger import ReleaseLedger

        ledger = ReleaseLedger(exact, rule, earlier)
        opened = release(exact, measures, theories, rule, policy, weeks, seed, instruments, ledger, sites)
        return {**opened, **ledger.kept(opened)}

    def ledger_step(
        quality: Annotated[DataFrame, catalog["quality"]],
        rejected: Annotated[DataFrame, catalog["rejected"]],
        wrong: Annotated[DataFrame, catalog["decision_faults"]],
        untold: Annotated[DataFrame, catalog["evidence_faults"]],
        evidence: Annotated[DataFrame, catalog["evidence"]],
        theories: Annotated[Any, hashed("names of theories", study.known_theories)],
        run: Annotated[Any, hashed("what decides results", facts_of_results(study))],
    ) -> Annotated[Any, {"ledger": catalog.ledger, "to_take": catalog.decisions_to_take}]:
        """What this run was made from, the rows in and out of every table, and the faults to decide on."""
        from pipeline.returns.decisions_to_take import decisions_to_take
        from pipeline.returns.evidence_file import with_unknown
        from pipeline.stages.ledger import ledger

        of_evidence = with_unknown(untold, evidence, theories)
        return {"ledger": ledger(quality, rejected, run, wrong, of_evidence), "to_take": decisions_to_take(rejected)}

    functions = (
        *(decisions_step, evidence_step, validate_step, score_step, change_step, compare_step, impute_step, classify_step),
        *(access_step, describe_step, voices_step, appraise_step, joint_step, release_step),
        ledger_step,
    )
    steps += [step(function.__name__.removesuffix("_step").replace("_", "-"), function) for function in functions]
    steps += reports(study, catalog)
    return [*steps, checking(study, catalog, steps)]
