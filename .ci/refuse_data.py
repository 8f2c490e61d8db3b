"""Refuse to commit what could be data: workbooks, Parquet, anything under data/ or reports/, NHS numbers in text."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ENDINGS = {".xlsx", ".xlsm", ".xls", ".ods", ".parquet", ".pkl", ".sav", ".dta", ".rds", ".feather"}
ALLOWED = {"data/raw/README.md"}
FOR_TESTS = "999"
"""NHS numbers that begin so are given to nobody, nor is one of a single digit repeated."""
SPACED_NUMBER = re.compile(r"(?<!\d)(\d{3}) (\d{3}) (\d{4})(?!\d)")


def main(names: list[str]) -> int:
    """Name each file that must not be committed; 1 if there is any."""
    refused = [name for name in names if refuse(Path(name))]
    for name in refused:
        print(f"{name}: looks like data. Returns, and what is made from them, stay out of the repository.", file=sys.stderr)
    return 1 if refused else 0


def refuse(path: Path) -> bool:
    """Whether a path looks like data by its place, its ending or its content."""
    if path.as_posix() in ALLOWED:
        return False
    if path.suffix.lower() in ENDINGS or path.parts[0] in {"data", "reports"}:
        return True
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    numbers = ("".join(found.groups()) for found in SPACED_NUMBER.finditer(text))
    return any(is_nhs_number(digits) for digits in numbers if not digits.startswith(FOR_TESTS) and len(set(digits)) > 1)


def is_nhs_number(digits: str) -> bool:
    """Check digit by modulus 11, as the NHS Data Dictionary defines it."""
    rest = 11 - sum(int(d) * weight for d, weight in zip(digits, range(10, 1, -1), strict=False)) % 11
    return {11: 0}.get(rest, rest) == int(digits[9])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
