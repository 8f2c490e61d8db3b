"""Closed code lists of the returns. National lists follow the Mental Health Services Data Set; see docs/method.md for sources."""

PATHWAYS = ("birth_trauma", "perinatal_loss", "tokophobia", "loss_of_custody", "other")
INTERVENTIONS = (
    "emdr",
    "tf_cbt",
    "cbt",
    "cft",
    "act",
    "vig",
    "psychodynamic",
    "group",
    "midwifery",
    "peer_support",
)
WAVES = ("EI", "FF")
AREAS = ("pilot", "whole_system")
CLIENTS = ("woman_or_birthing_parent", "partner", "other")
PERINATAL_STAGES = ("preconception", "pregnant", "postnatal", "post_loss")
AGE_BANDS = ("under_20", "20_24", "25_29", "30_34", "35_39", "40_plus")
ETHNIC_GROUPS = ("white", "mixed", "asian", "black", "other")
ETHNIC_CATEGORIES = (*"ABCDEFGHJKLMNPRS", "Z", "99", *ETHNIC_GROUPS)
ACCEPTED = ("y", "n", "pending")
REFERRAL_SOURCES = (
    *("A1", "A2", "A3", "A4", "B1", "B2", "C1", "C2", "C3", "D1", "D2", "E1", "E2", "E3", "E4", "E5", "E6"),
    *("F1", "F2", "F3", "G1", "G2", "G3", "G4", "H1", "H2", "I1", "I2", "M1", "M2", "M3", "M4", "M5", "M6", "M7"),
    *("M9", "N3", "P1", "Q1", "Q2"),
)
REJECTION_REASONS = (
    "outside_area",
    "below_threshold",
    "above_threshold",
    "not_perinatal",
    "other_service_better_placed",
    "prior_therapy_required",
    "outside_time_limit",
    "no_contact",
    "other",
)
END_REASONS = (
    "completed",
    "ended_by_woman",
    "no_further_contact",
    "declined_before_start",
    "transferred",
    "moved_away",
    "died",
    "other",
)
ATTENDANCE = ("5", "6", "2", "3", "4", "7")
MODES = ("01", "02", "04", "05", "09", "10", "11", "12", "13", "98")
PROFESSIONS = (
    "psychologist",
    "therapist",
    "midwife",
    "peer_support_worker",
    "psychiatrist",
    "mental_health_nurse",
    "nursery_nurse",
    "social_worker",
    "obstetrician",
    "health_visitor",
    "support_worker",
    "other",
)
OCCASIONS = ("pre", "during", "post", "follow_up")
GROUPS = ("women_and_families", "staff", "leaders")
TRAINING_OCCASIONS = ("before", "after", "follow_up")
ELEMENTS = ("context", "mechanism", "outcome")
STANCES = ("supports", "contradicts", "refines")
CHANGE_CLASSES = ("reliably_improved", "no_reliable_change", "reliably_deteriorated", "not_classified")
FLOW_STATES = (
    "pending",
    "declined",
    "not_accepted",
    "not_eligible",
    "waiting",
    "left_before_start",
    "in_treatment",
    "not_yet_due",
    "due_without_pre",
    "due_without_post",
    "paired",
)
DECISIONS = ("accept", "reject", "correct")
DECISION_REASONS = (
    "confirmed_by_site",
    "corrected_by_site",
    "checked_against_form",
    "known_limit_of_system",
    "entered_in_error",
    "entered_twice",
    "outside_scope",
    "objection_upheld",
)
DECIDERS = ("analyst", "statistician", "data_manager", "clinical_lead", "information_governance_lead")
SEVERITIES = ("file", "row", "value", "warning", "note")
RETURNS = ("read", "set_aside", "aggregate_only", "nil_return", "not_open_yet", "nothing_usable", "not_returned")
"""What became of a return."""
STATUSES = ("not_returned", "not_offered", "not_open_yet", "not_recorded", "too_few", "shown")
VERDICTS = ("consistent", "inconsistent", "inconclusive", "not_testable")
SERVICE_FEATURES = (
    "self_referral_accepted",
    "prior_therapy_required",
    "joint_provider",
    "non_medical_venue",
    "trauma_training_delivered",
    "lived_experience_group",
)
SERVICE_CONTEXTS = (*PATHWAYS, *INTERVENTIONS, *SERVICE_FEATURES, "wave", "area")
CHARACTERISTICS = ("pathway", "perinatal_stage", "age_band", "referral_source", "ethnic_group", "deprivation_fifth")
CHART_RULES = ("outside", "trend", "two_of_three", "shift")
OPEN_FUNNEL_FLAGS = ("below", "within", "above", "at_limit")
FUNNEL_FLAGS = ("below", "within", "above", "not_drawn")
SCORE_USES = ("first", "last", "first_alone", "between", "same_day", "conflict", "not_a_woman")
