"""How numbers and dates look in every figure, sentence and table."""

from __future__ import annotations

import datetime
import math

MINUS = "\N{MINUS SIGN}"
NARROW = "\N{NO-BREAK SPACE}"
_LEAST_PROBABILITY = 0.001
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def _signed(text: str) -> str:
    is_zero = not any(digit in text for digit in "123456789")
    return text.replace("-", "" if is_zero else MINUS)


def points(value: float | None) -> str:
    """One decimal, thousands separated, a true minus sign; blank where there is no value."""
    return "" if value is None else _signed(f"{value:,.1f}")


def hundredths(value: float | None) -> str:
    """Two decimals and a true minus sign, for differences in standard deviations; blank where there is no value."""
    return "" if value is None else _signed(f"{value:,.2f}")


def count(value: float | None) -> str:
    """A whole number with thousands separated; blank where there is none."""
    return "" if value is None else _signed(f"{round(value):,}")


def counted(value: float, noun: str) -> str:
    """`1 site`, `26 sites`."""
    return f"{count(value)} {noun}{'' if value == 1 else 's'}"


def percent(value: float | None) -> str:
    """A percentage, with a decimal only where it has one."""
    if value is None:
        return ""
    return _signed(f"{value:.0f}%" if float(value).is_integer() else f"{value:.1f}%")


def squared(value: float | None) -> str:
    """A variance to two significant figures, never with an exponent."""
    if value is None:
        return ""
    if value == 0:
        return "0"
    places = max(0, 1 - math.floor(math.log10(abs(value))))
    return _signed(f"{round(value, 1 - math.floor(math.log10(abs(value)))):,.{places}f}")


def plain(value: float | None) -> str:
    """A sourced number or a setting as it was written, without needless decimals."""
    return "" if value is None else _signed(f"{value:,.10g}")


def probability(value: float | None) -> str:
    """Three decimals at most, and `up to 0.001` for what is smaller: none is nought."""
    if value is None:
        return ""
    return f"up to {_LEAST_PROBABILITY}" if value <= _LEAST_PROBABILITY else plain(round(value, 3))


def interval(low: float | None, high: float | None) -> str:
    """`low to high`; blank where a limit is missing."""
    return "" if low is None or high is None else f"{points(low)} to {points(high)}"


def estimate(value: float | None, low: float | None, high: float | None) -> str:
    """`value (low to high)`, or the value alone, or blank."""
    limits = interval(low, high)
    return f"{points(value)} ({limits})" if limits and value is not None else points(value)


def date(iso: str | None) -> str:
    """`2025-03-31` as 31 March 2025; blank where there is none."""
    if not iso:
        return ""
    day = datetime.date.fromisoformat(iso[:10])
    return f"{day.day}{NARROW}{MONTHS[day.month - 1]} {day.year}"


def period(start: str | None, end: str | None) -> str:
    """`1 April 2024 to 31 March 2026`, or what there is of it."""
    return " to ".join(part for part in (date(start), date(end)) if part)
