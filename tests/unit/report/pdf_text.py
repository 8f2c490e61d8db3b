"""The words of each page of a PDF that Typst made, artefacts such as heads and feet included."""

from __future__ import annotations

import io
import re

import pikepdf


def pages(pdf: bytes) -> list[str]:
    """The text of every page in the order in which it was painted, with one space between runs of glyphs."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return [_page(page) for page in document.pages]


def squeezed(text: str) -> str:
    """The text without any white space, since a typesetter moves instead of writing spaces."""
    return re.sub(r"\s+", "", text)


def _page(page: pikepdf.Page) -> str:
    return " ".join(_shown(page, page.Resources))


def _shown(stream: object, resources: pikepdf.Object, depth: int = 0) -> list[str]:
    fonts = {str(name): _unicode(font) for name, font in resources.get("/Font", {}).items()}
    forms = resources.get("/XObject", {})
    found: list[str] = []
    glyphs: dict[int, str] = {}
    for operands, operator in pikepdf.parse_content_stream(stream):  # type: ignore[arg-type]  # a page or a form
        name = str(operator)
        if name == "Tf":
            glyphs = fonts[str(operands[0])]
        elif name == "Tj":
            found.append(_decoded(bytes(operands[0]), glyphs))
        elif name == "TJ":
            found.append("".join(_decoded(bytes(part), glyphs) for part in operands[0] if isinstance(part, pikepdf.String)))
        elif name == "Do" and depth < 8:
            form = forms[str(operands[0])]
            if form.get("/Subtype") == "/Form":
                found += _shown(form, form.get("/Resources", resources), depth + 1)
    return found


def _decoded(raw: bytes, glyphs: dict[int, str]) -> str:
    return "".join(
        glyphs.get(int.from_bytes(raw[start : start + 2], "big"), "\N{REPLACEMENT CHARACTER}") for start in range(0, len(raw), 2)
    )


def _unicode(font: pikepdf.Object) -> dict[int, str]:
    text = bytes(font.ToUnicode.read_bytes()).decode("latin-1")
    found: dict[int, str] = {}
    for block in re.findall(r"beginbfchar(.*?)endbfchar", text, re.DOTALL):
        for code, value in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            found[int(code, 16)] = bytes.fromhex(value).decode("utf-16-be")
    for block in re.findall(r"beginbfrange(.*?)endbfrange", text, re.DOTALL):
        for low, high, value in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            first = int.from_bytes(bytes.fromhex(value), "big")
            found |= {code: chr(first + code - int(low, 16)) for code in range(int(low, 16), int(high, 16) + 1)}
    return found
