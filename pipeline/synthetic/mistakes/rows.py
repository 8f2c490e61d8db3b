"""Mistakes of whole rows: twice, out of order, summed up, pasted, outside their time."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.synthetic.mistakes.cells import alone, scored
from pipeline.synthetic.mistakes.drafts import Draft, NoRoomError, Planted, Sheet, day

if TYPE_CHECKING:
    from numpy.random import Generator

BLOCK = 12
_WEEK = datetime.timedelta(days=7)


def pasted_block(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """A block of scores pasted once more, under the ids of women who have none."""
    sheet, referrals, fits = draft["outcomes"], draft["referrals"], alone(draft)
    has, rows = sheet.given("referral_id", "measure", "date", "total"), sheet.data()
    runs = [rows[i : i + BLOCK] for i in range(len(rows) - BLOCK)]
    runs = [run for run in runs if not sheet.taken & {*run} and all(map(has, run)) and len(_lines(sheet, run)) == BLOCK]
    others = [referrals.get(row, "referral_id") for row in referrals.where(lambda r: fits(r) and r not in referrals.taken)]
    if not runs or len(others) < BLOCK:
        raise NoRoomError
    run = runs[int(rng.integers(len(runs)))]
    sheet.taken |= {*run}
    names = dict.fromkeys(sheet.get(row, "referral_id") for row in run)
    other = dict(zip(names, others, strict=False))
    copies = [sheet.append(sheet.rows[row]) for row in run]
    for copy in copies:
        sheet.put(copy, "referral_id", other[sheet.get(copy, "referral_id")])
    yield draft.in_cell(47, "a pasted block", "copied-block", "row", "outcomes", copies[0], "referral_id")


def _lines(sheet: Sheet, run: list[int]) -> set[tuple[object, ...]]:
    return {tuple(sheet.get(row, c) for c in ("measure", "date", "occasion", "total")) for row in run}


def the_same_twice(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """A referral entered twice alike, and one entered twice with two ages; a woman's second episode is no mistake."""
    sheet, fits = draft["referrals"], alone(draft)
    same, other = (sheet.take(rng, lambda r: fits(r) and sheet.given("age_band")(r)) for _ in range(2))
    copy = sheet.append(sheet.rows[same])
    yield draft.in_cell(22, "a referral twice, alike", "duplicate-row", "note", "referrals", copy, "referral_id")
    copy = sheet.append(sheet.rows[other])
    sheet.put(copy, "age_band", "under_20" if sheet.get(other, "age_band") != "under_20" else "20_24")
    for row in (other, copy):
        yield draft.in_cell(22, "a referral twice, with two ages", "duplicate-key", "row", "referrals", row, "referral_id")
    people = [sheet.get(row, "person_id") for row in sheet.data()]
    again = next((row for row in sheet.data() if row not in sheet.taken and people.count(sheet.get(row, "person_id")) > 1), None)
    if again is not None:
        yield draft.in_cell(22, "two episodes of one woman", "", "", "referrals", again, "person_id")


def summed_up(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """A row of means below the scores, and one of totals below the referrals."""
    sheet = draft["outcomes"]
    row = sheet.append([None] * len(sheet.headings))
    sheet.put(row, "referral_id", "Mean")
    sheet.put(row, "total", 31.4)
    yield draft.in_cell(4, "a row of means", "summary-row", "row", "outcomes", row, "referral_id")
    sheet = draft["referrals"]
    row = sheet.append([None] * len(sheet.headings))
    sheet.put(row, "site_id", "Grand total:")
    sheet.put(row, "referral_id", str(len(sheet.data()) - 1))
    yield draft.in_cell(4, "a row of totals", "summary-row", "row", "referrals", row, "site_id")


def post_before_pre(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """A last score dated before the first: neither can be used."""
    pre, post, start = _pair(draft, rng, "core10")
    sheet = draft["outcomes"]
    sheet.put(pre, "date", start + datetime.timedelta(days=12))
    sheet.put(post, "date", start + datetime.timedelta(days=6))
    for row in (pre, post):
        yield draft.in_cell(29, "post before pre", "post-before-pre", "row", "outcomes", row, "date")


def one_day(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """First and last score of one day."""
    pre, post, start = _pair(draft, rng, "core10")
    for row in (pre, post):
        draft["outcomes"].put(row, "date", start + _WEEK)
    yield draft.in_cell(29, "pre and post on one day", "pre-and-post-same-day", "warning", "outcomes", post, "date")


def too_soon(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """A last score in the third week."""
    pre, post, start = _pair(draft, rng, "pcl5")
    draft["outcomes"].put(pre, "date", start)
    draft["outcomes"].put(post, "date", start + 2 * _WEEK)
    yield draft.in_cell(47, "a last score after two weeks", "post-timing", "warning", "outcomes", post, "date")


def too_late(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """A last score long after the end of treatment, and 14 months after the first."""
    pre, post, _ = _pair(draft, rng, "pcl5", ended_by=day(draft["service"].get(1, "period_end")) - 75 * _WEEK)
    sheet, row = draft["outcomes"], _referral_of(draft, post)
    ended = day(draft["referrals"].get(row, "end_date"))
    late = max(day(sheet.get(pre, "date")) + 62 * _WEEK, ended + 6 * _WEEK)
    sheet.put(post, "date", late)
    yield draft.in_cell(47, "a last score after fourteen months", "post-timing", "warning", "outcomes", post, "date")


def _pair(draft: Draft, rng: Generator, measure: str, ended_by: datetime.date | None = None) -> tuple[int, int, datetime.date]:
    """Take the two rows of a pair that no mistake touches, and when its treatment began."""
    sheet, has = draft["outcomes"], scored(draft)
    free = [r for r in sheet.where(has) if r not in sheet.taken and sheet.get(r, "measure") == measure]
    first, last = ({sheet.get(r, "referral_id"): r for r in free if sheet.get(r, "occasion") == o} for o in ("pre", "post"))
    pairs = [(first[name], last[name]) for name in first if name in last]
    pairs = [pair for pair in pairs if ended_by is None or _ended(draft, pair[0]) <= ended_by]
    if not pairs:
        raise NoRoomError
    pre, post = pairs[int(rng.integers(len(pairs)))]
    sheet.taken |= {pre, post}
    return pre, post, day(draft["referrals"].get(_referral_of(draft, pre), "first_treatment_date"))


def _referral_of(draft: Draft, outcome: int) -> int:
    sheet, name = draft["referrals"], draft["outcomes"].get(outcome, "referral_id")
    return next(row for row in sheet.data() if sheet.get(row, "referral_id") == name)


def _ended(draft: Draft, outcome: int) -> datetime.date:
    ended = draft["referrals"].get(_referral_of(draft, outcome), "end_date")
    return datetime.date.max if ended is None else day(ended)


def assessed_after_end(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """An assessment after the end of the referral."""
    sheet = draft["referrals"]
    row = sheet.take(rng, sheet.given("assessment_date", "end_date"))
    sheet.put(row, "assessment_date", day(sheet.get(row, "end_date")) + _WEEK)
    yield draft.in_cell(29, "an assessment after the end", "assessment-after-end", "warning", "referrals", row, "assessment_date")


def outside_period(draft: Draft, rng: Generator) -> Iterator[Planted]:
    """A referral before the service opened, one after the period that is returned, and a contact after the return arrived."""
    sheet, contacts, fits = draft["referrals"], draft["contacts"], alone(draft)
    opened, ended = (day(draft["service"].get(1, name)) for name in ("go_live_date", "period_end"))
    early = sheet.take(rng, lambda r: fits(r) and sheet.given("referral_date")(r))
    dates = ("assessment_date", "first_treatment_date", "end_date")
    late = sheet.take(rng, lambda r: fits(r) and all(sheet.get(r, name) is None for name in dates))
    contact = contacts.take(rng, contacts.given("contact_date"))
    sheet.put(early, "referral_date", opened - 9 * _WEEK)
    yield draft.in_cell(30, "a referral before go-live", "outside-period", "warning", "referrals", early, "referral_date")
    sheet.put(late, "referral_date", ended + _WEEK)
    yield draft.in_cell(30, "a referral after the period", "outside-period", "warning", "referrals", late, "referral_date")
    contacts.put(contact, "contact_date", ended + 40 * _WEEK)
    yield draft.in_cell(30, "a contact after receipt", "after-receipt", "row", "contacts", contact, "contact_date")
