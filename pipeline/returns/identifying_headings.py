"""Headings that announce an identifier, and whether what stands under them can be one."""

from __future__ import annotations

import re

from pipeline.returns.cells import heading
from pipeline.returns.identifiers import ANY_DATE, as_plain

BARE_NAME = "name"
"""The heading of which only the values tell whether it means a person."""
ROUNDED = r"[0-9](?:\.[0-9]+)?[eE]\+0?9"
"""What a spreadsheet makes of ten digits in a narrow column."""
LONGEST = 60
"""A longer text is a sentence, not a heading."""

_WOMAN = "patients?|clients?|service_?users?|persons?|m(?:o|u)thers?|mums?|birthing_persons?|w(?:o|a)m[ae]ns?|birthing_parents?"
_OTHERS = (
    "bab(?:y|ies|ys)|infants?|child(?:s|ren|rens)?|partners?|fathers?|dads?|carers?|contacts?|next_of_kins?|nok|family_members?"
)
_STAFF = (
    "clinicians?|therapists?|midwi(?:fe|fes|ves)|psychologists?|consultants?|key_?workers?|care_?coordinators?|referrers?|gps?"
    "|doctors?|nurses?|workers?|staff|practitioners?|health_visitors?|social_workers?"
)
_GIVEN = (
    "(?:fore|sur)_?names?|(?:first|given|christian|middle|last|family|maiden|full|preferred|birth|married|legal|previous)_?names?"
)
_HEADINGS = {
    "nhs_number": r"(?:nhs|chi|hsc)_?(?:nos?|nums?|numbers?|nr|id)",
    "date_of_birth": r"d_?o_?b|date_?of_?(?:[a-z]+_)*birth(?!_trauma)|birth_?dates?|birth_?day|born(?:_on)?|date_born",
    "postcode": r"post_?codes?|postal_?codes?|zip_?codes?|pcode",
    "email": r"e_?mails?|email_?addresses",
    "phone": r"(?:tele)?phones?|tel|tele?no|landlines?|mobiles?|mob|contact_?(?:nos?|numbers?|details?)",
    "person_name": rf"{_GIVEN}|(?:{_WOMAN}|{_OTHERS}|{_STAFF})_(?:s_)?(?:initials|(?:(?:fore|sur|full|first|last)_?)?names?)"
    rf"|names?_of_(?:the_)?(?:{_WOMAN}|{_OTHERS}|{_STAFF})|(?:{_WOMAN.replace('_?', '')})names?|initials|next_of_kin|known_as",
    "address": r"(?:home_|postal_|current_)?address(?:es)?(?:_?line)?(?:_?[0-9])?|street|house_(?:number|name)",
}
_KINDS = {kind: re.compile(rf"(?:^|_)(?:{words})(?:_|$)") for kind, words in _HEADINGS.items()}
_NOT_A_PERSON = re.compile(
    r"(?:e_?mail|web|ip|site|clinic|venue|trust|hospital|practice|service|base|team)_(?:address|post_?code|phone|tel)"
)
_HINT = re.compile(
    r"birth|d\W?o\W?b|born|name|initial|known|kin|post|zip|pcode|mail|phone|tel|mob|land|contact|addr|street|house|nhs|chi|hsc",
    re.IGNORECASE,
)
_NAME = re.compile(r"[A-Z][a-z'\u2019-]+(?:,? [A-Z][A-Za-z.'\u2019-]*){1,3}")
_ORGANISATION = re.compile(
    r"\b(?:service|team|trust|hospital|nhs|maternity|maternal|clinic|centre|health|care|practice|ward|unit|group|pathway|therapy|"
    r"loss|birth|trauma|total|score|measure|scale|region|county|north|south|east|west|other|not)\b",
    re.IGNORECASE,
)
_FILLERS = re.compile(
    "y|n|yes|no|na|n_a|nil|none|null|unknown|not_(?:known|recorded|given|stated)|removed|redacted|withheld|deleted|anonym(?:ised|ous)"
    "|blank|tbc|true|false"
)


def may_announce(text: str) -> bool:
    """Whether a heading within the text may announce an identifier; quickly told, and not to be trusted when true."""
    return _HINT.search(text) is not None


def announced(text: str) -> str:
    """The kind of identifier that a heading announces, BARE_NAME where that is all it says, or nothing."""
    if len(text) > LONGEST or not may_announce(text):
        return ""
    words = heading(re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", re.sub("['\u2019`]", "", as_plain(text))))
    if words in {"name", "names", "nhs"}:
        return {"nhs": "nhs_number"}.get(words, BARE_NAME)
    return next((kind for kind, words_of in _KINDS.items() if words_of.search(words) and not _NOT_A_PERSON.search(words)), "")


def fits(kind: str, value: str) -> bool:
    """Whether a value can be what its heading announces: a count under "telephone" or an outward code alone cannot."""
    text = as_plain(value).strip(" '")
    if _FILLERS.fullmatch(heading(text)) or set(text.lower()) <= set("x-*?. "):
        return False
    digits = sum(map(str.isdigit, text))
    if kind == "nhs_number":
        return (9 <= digits <= 11 and re.fullmatch(r"[0-9 ._/-]+", text) is not None) or re.fullmatch(ROUNDED, text) is not None
    if kind == "date_of_birth":
        return ANY_DATE.search(text) is not None or re.fullmatch(r"[1-5][0-9]{4}|[0-9]{6}|[0-9]{8}", text) is not None
    if kind == "postcode":
        return re.search(r"[A-Za-z]{1,2}[0-9][0-9A-Za-z]? {0,2}[0-9][A-Za-z]{2}(?![0-9A-Za-z])", text) is not None
    if kind == "email":
        return re.search(r"\S@\S", text) is not None
    if kind == "phone":
        return digits >= 9 and re.fullmatch(r"[0-9 +().A-Za-z:/-]+", text) is not None and re.search("[A-Za-z]{8}", text) is None
    if kind == "address":
        return len(text) >= 6 and re.search(r"[A-Za-z]{3}", text) is not None
    return re.search(r"[^\W\d_]{2}", text) is not None


def are_names(values: set[str]) -> bool:
    """Whether most values under a bare "name" read as a person's and not as that of an organisation."""
    like = [value for value in values if _NAME.fullmatch(value.strip()) and not _ORGANISATION.search(value)]
    return len(like) >= 0.5 * max(1, len(values))
