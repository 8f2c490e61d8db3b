"""The mend of stream ends, on PDFs small enough to see whether a stream ends in CR."""

from __future__ import annotations

import io

import page
import pikepdf
import pytest
import typst

from pipeline.report.stream_ends import with_plain_stream_ends

RIGHT_LENGTH = "PDFA2A-STREAM-LENGTH-001"


def compiled(number: int) -> bytes:
    source = f'#set document(title: "Ends")\n#set text(lang: "en")\n= Heading\nText {number} and {number**3}.'
    pdf = typst.Compiler().compile(source.encode(), format="pdf", pdf_standards=["ua-1", "a-2a"], timestamp=0)
    assert isinstance(pdf, bytes)
    return pdf


def faults(pdf: bytes) -> list[str]:
    return [fault.rule_id for fault in page.validate_pdf_bytes(pdf, profile="2a").failures]


@pytest.fixture(scope="module")
def ambiguous() -> bytes:
    """The first of a row of PDFs in which a stream ends in CR; about one in a hundred does."""
    return next(pdf for pdf in map(compiled, range(2000)) if b"\r\nendstream" in pdf)


def test_a_stream_that_ends_in_cr_is_no_longer_read_as_too_short(ambiguous: bytes) -> None:
    assert faults(ambiguous) == [RIGHT_LENGTH]
    mended = with_plain_stream_ends(ambiguous)
    assert faults(mended) == []
    assert len(mended) == len(ambiguous) + ambiguous.count(b"\r\nendstream")


def test_every_object_is_still_found_where_the_table_says(ambiguous: bytes) -> None:
    mended = with_plain_stream_ends(ambiguous)
    with pikepdf.open(io.BytesIO(ambiguous)) as before, pikepdf.open(io.BytesIO(mended)) as after:
        assert after.check_pdf_syntax() == []
        streams = [[o.read_raw_bytes() for o in pdf.objects if isinstance(o, pikepdf.Stream)] for pdf in (before, after)]
        assert streams[0] == streams[1]
    table = int(mended[mended.rfind(b"startxref") :].split()[1])
    assert mended[table : table + 4] == b"xref"
    for number, line in enumerate(mended[table:].splitlines()[2:]):
        if not line.endswith((b" n", b" n ")):
            continue
        assert mended[int(line[:10]) :].startswith(b"%d 0 obj" % number)


def test_other_pdfs_are_left_as_they_are() -> None:
    pdf = next(pdf for pdf in map(compiled, range(50)) if b"\r\nendstream" not in pdf)
    assert with_plain_stream_ends(pdf) is pdf
