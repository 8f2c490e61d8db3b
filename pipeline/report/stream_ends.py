"""One mend of a finished PDF: where a compressed stream happens to end in CR, its end of line is written out as CR LF."""

from __future__ import annotations

import bisect
import itertools
import re

_AMBIGUOUS = re.compile(rb"\r(?=\nendstream\nendobj)")
_ENTRY = re.compile(rb"(\d{10}) (\d{5} n)")
_START = re.compile(rb"startxref\n(\d+)\n")


def with_plain_stream_ends(pdf: bytes) -> bytes:
    """The same PDF, in which no last byte of a stream can be taken for a part of the end of line that follows it.

    ISO 19005-2, 6.1.7.1, counts the length of a stream to that end of line. A compressed stream may end in CR, and with the
    LF that the compiler writes after it, checkers read CR LF and find a byte missing. One CR more settles it; the
    cross-reference table is moved along. Raises ValueError where the PDF has no such table.
    """
    places = [match.end() for match in _AMBIGUOUS.finditer(pdf)]
    if not places:
        return pdf
    start = _START.search(pdf, pdf.rfind(b"startxref"))
    if start is None:
        raise ValueError("the PDF has no cross-reference table to move along")
    table = int(start[1])

    def moved(offset: int) -> int:
        return offset + bisect.bisect_left(places, offset)

    ends = [0, *places, table]
    body = b"\r".join(pdf[first:last] for first, last in itertools.pairwise(ends))
    entries = _ENTRY.sub(lambda entry: b"%010d %s" % (moved(int(entry[1])), entry[2]), pdf[table : start.start()])
    return body + entries + b"startxref\n%d\n" % moved(table) + pdf[start.end() :]
