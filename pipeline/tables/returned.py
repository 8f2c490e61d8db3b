"""The tables that a site may return, one pandera schema each; column names are exactly the words that a site writes."""

from pipeline import codes
from pipeline.tables.columns import Column, code, code_list, date, month, number, table, text, whole, yes_no

SITE = text("Site", "Code of the site, as its file or folder is named", needed=True)
MEASURE = text("Measure", "Identifier of the measure", needed=True)
REFERRAL = text("Referral", "The site's own pseudonym of the referral, unique within the site", needed=True)

_service: dict[str, Column] = {
    "site_id": SITE,
    "wave": code("Wave", codes.WAVES, "Early Implementer or Fast Follower"),
    "region": text("Region", "Never released"),
    "go_live_date": date("Go-live", "First day on which the service took referrals"),
    "period_start": date("Period start", "First day that the return covers"),
    "period_end": date("Period end", "Last day that the return covers; its data cut"),
    "return_version": whole("Return version", "Counts up when a period is sent again"),
    "nil_return": yes_no("Nil return", "The site was open and had no referrals"),
    "area": code("Area", codes.AREAS, "Pilot area or the whole integrated care system"),
    **{p: yes_no(f"Pathway: {p.replace('_', ' ')}", "Whether the pathway is offered") for p in codes.PATHWAYS},
    **{
        i: yes_no(f"Intervention: {i.replace('_', ' ')}", "Whether it is offered")
        for i in codes.INTERVENTIONS
        if i != "peer_support"
    },
    "peer_support": yes_no("Intervention: peer support", "Whether a peer-support worker is part of the offer"),
    **{
        f"wte_{p}": number(f"Staff: {p}", "In post at period end", unit="whole-time equivalents")
        for p in ("psychology", "midwifery", "peer_support", "psychiatry", "other")
    },
    "self_referral_accepted": yes_no("Self-referral accepted"),
    "prior_therapy_required": yes_no("Prior therapy required", "Previous primary-care therapy is a condition of entry"),
    "joint_provider": yes_no("Joint provider", "A mental-health trust together with an acute trust"),
    "non_medical_venue": yes_no("Non-medical venue"),
    "time_limit_months": number("Time limit", "After the birth or loss", unit="months", blank="no limit"),
    "trauma_training_delivered": yes_no("Trauma-informed training delivered"),
    "lived_experience_group": yes_no("Lived-experience group", "A standing group takes part in decisions"),
    "invented": yes_no("Invented", "y in returns that were invented for a rehearsal", blank="a real return"),
}

_referrals: dict[str, Column] = {
    "site_id": SITE,
    "referral_id": REFERRAL,
    "person_id": text("Person", "The site's own pseudonym of the woman; one woman may have several referrals"),
    "client": code("Client", codes.CLIENTS),
    "referral_date": date("Referral date"),
    "referral_month": month("Referral month", "With days from referral, in place of dates"),
    "referral_source": code("Source of referral", codes.REFERRAL_SOURCES, "National source-of-referral codes"),
    "pathway": code_list("Pathway", codes.PATHWAYS, "Several are joined by semicolons"),
    "perinatal_stage": code("Perinatal stage at referral", codes.PERINATAL_STAGES),
    "age_band": code("Age band at referral", codes.AGE_BANDS, unit="years"),
    "ethnic_category": code(
        "Ethnic category", codes.ETHNIC_CATEGORIES, "National codes, or the five groups; Z not stated, 99 not known"
    ),
    "imd_decile": whole("Deprivation decile", "Index of Multiple Deprivation; 1 is most deprived"),
    "accepted": code("Accepted", codes.ACCEPTED),
    "rejection_reason": code("Reason not accepted", codes.REJECTION_REASONS),
    "assessment_date": date("Assessment date"),
    "assessment_day": whole("Assessment day", unit="days from referral"),
    "first_treatment_date": date("First treatment date"),
    "first_treatment_day": whole("First treatment day", unit="days from referral"),
    "end_date": date("End date"),
    "end_day": whole("End day", unit="days from referral"),
    "end_reason": code("Reason for ending", codes.END_REASONS),
    "intervention": code_list("Intervention", codes.INTERVENTIONS, "Several are joined by semicolons"),
    "eligible_for_outcomes": yes_no("Eligible for outcomes", "n where outcome measures do not apply, such as midwifery only"),
}

_contacts: dict[str, Column] = {
    "site_id": SITE,
    "referral_id": REFERRAL,
    "contact_date": date("Contact date"),
    "contact_day": whole("Contact day", unit="days from referral"),
    "attendance": code(
        "Attendance",
        codes.ATTENDANCE,
        "5 attended, 6 late but seen, 2 cancelled by patient, 3 did not attend, 4 cancelled by provider, 7 late not seen",
    ),
    "mode": code("Mode", codes.MODES, "National consultation mechanism; 01 face to face, 02 telephone, 11 video"),
    "profession": code("Profession", codes.PROFESSIONS),
    "intervention": code("Intervention", codes.INTERVENTIONS),
}

_outcomes: dict[str, Column] = {
    "site_id": SITE,
    "referral_id": REFERRAL,
    "measure": text("Measure", "Identifier of a measure file, such as pcl5", needed=True),
    "date": date("Date completed"),
    "day": whole("Day completed", unit="days from referral"),
    "occasion": code("Occasion", codes.OCCASIONS),
    "total": number("Total score", unit="points"),
    "items": text("Item answers", "Answers to item_1, item_2, ... joined by semicolons; a blank answer stays blank"),
    "items_answered": whole("Items answered"),
}

_aggregates: dict[str, Column] = {
    "site_id": SITE,
    "measure": text("Measure", "Identifier of a measure file", needed=True),
    "pathway": code("Pathway", ("all", *codes.PATHWAYS), "One row `all` a measure; only that row is pooled"),
    "period_start": date("Period start"),
    "period_end": date("Period end"),
    **{n: whole(n.replace("_", " "), unit="women") for n in ("n_eligible", "n_pre")},
    **{m: number(m.replace("_", " "), unit="points") for m in ("mean_pre", "sd_pre")},
    "n_post": whole("n post", unit="women"),
    **{m: number(m.replace("_", " "), unit="points") for m in ("mean_post", "sd_post")},
    "n_paired": whole("n paired", unit="women"),
    **{m: number(m.replace("_", " "), unit="points") for m in ("mean_pre_paired", "mean_post_paired")},
    "r": number("Correlation of pre and post among paired women"),
    "sd_change": number("SD of change among paired women", unit="points"),
    "n_reliably_improved": whole("n reliably improved", unit="women"),
    "n_reliably_deteriorated": whole("n reliably deteriorated", unit="women"),
}

_experience: dict[str, Column] = {
    "site_id": SITE,
    "instrument": text("Instrument", "Short code, such as poem or fft", needed=True),
    "question": text("Question", "Number or short code of the question", needed=True),
    "response": whole("Response", "The number of the ticked answer"),
    "date": date("Date"),
    "referral_id": text("Referral", "Blank where the form is anonymous"),
}
_staff: dict[str, Column] = {
    "site_id": SITE,
    "staff_code": text("Staff code", "Anonymous code chosen by the respondent", needed=True),
    "role": code("Role", codes.PROFESSIONS),
    "date": date("Date"),
    "occasion": code("Occasion", codes.TRAINING_OCCASIONS),
    "instrument": text("Instrument", "Short code, such as nomad or proqol", needed=True),
    "question": text("Question", "Number or short code of the question", needed=True),
    "response": whole("Response", "The number of the ticked answer"),
}
_training: dict[str, Column] = {
    "site_id": SITE,
    "attendee_code": text("Attendee code", "Anonymous code chosen by the attendee", needed=True),
    "profession": code("Profession", codes.PROFESSIONS),
    "session_date": date("Session date"),
    "occasion": code("Occasion", codes.TRAINING_OCCASIONS),
    "instrument": text("Instrument", "Short code", needed=True),
    "question": text("Question", "Number or short code of the question", needed=True),
    "response": whole("Response", "The number of the ticked answer"),
}
_survey: dict[str, Column] = {
    "site_id": SITE,
    "respondent_code": text("Respondent code", "Anonymous code", needed=True),
    "group": code("Group", codes.GROUPS),
    "question": text("Question", "Number or short code of the question", needed=True),
    "option": whole("Option", "The number of one ticked option; a row a ticked option"),
}
_activity: dict[str, Column] = {
    "site_id": SITE,
    "month": month("Month", needed=True),
    "series": text("Series", "Short code, such as out_of_area_bed_days", needed=True),
    "value": number("Value"),
    "persons": whole("Persons", "Distinct persons behind the value", unit="persons"),
}
_evidence: dict[str, Column] = {
    "excerpt_id": text("Excerpt", needed=True),
    "source_id": text("Source", "Pseudonym of the interview or group", needed=True),
    "site_id": text("Site"),
    "role_group": code("Role group", codes.GROUPS),
    "theory_id": text("Theory", needed=True),
    "element": code("Element", codes.ELEMENTS),
    "stance": code("Stance", codes.STANCES),
}

RETURNED = {
    schema.name: schema
    for schema in (
        table("service", "Service", "One row a site and period", _service),
        table("referrals", "Referrals", "One row a referral", _referrals, key=("site_id", "referral_id")),
        table("contacts", "Contacts", "One row a contact", _contacts),
        table("outcomes", "Outcomes", "One row a referral, measure and occasion", _outcomes),
        table("aggregates", "Aggregates", "One row a measure and pathway, from sites that send no records", _aggregates),
        table("experience", "Experience", "One row a form and question", _experience),
        table("staff", "Staff", "One row a member of staff, occasion and question", _staff),
        table("training", "Training", "One row an attendee, occasion and question", _training),
        table("survey", "Lived-experience survey", "One row a respondent, question and ticked option", _survey),
        table("activity", "Activity", "One row a month and series", _activity),
    )
}
EVIDENCE = table("evidence", "Evidence", "One row a coded excerpt; no verbatim text", _evidence)
