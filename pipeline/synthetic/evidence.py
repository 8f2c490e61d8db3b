"""Invented evidence: what people at a few sites are made to say of each theory, with what was planted. No word of it is real."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from pipeline.codes import ELEMENTS, STANCES
from pipeline.stats.streams import stream

PLANTED = {
    "CMO-01": "supports",
    "CMO-02": "supports",
    "CMO-03": "supports",
    "CMO-06": "contradicts",
    "CMO-08": "supports",
    "CMO-09": "refines",
    "CMO-12": "refines",
    "CMO-04": "mixed",
    "CMO-10": "silent",
    "CMO-11": "silent",
    "CMO-13": "supports",
    "CMO-14": "contradicts",
}
"""What the sources say together of a theory, INVENTED; of theories that are not named here nobody speaks."""
SITES = 6
SOURCES = {"women_and_families": 4, "staff": 3, "leaders": 1}
"""Interviews a site, by role group."""
SPEAKS = 0.6
"""How often a source speaks to a theory at all, and then to each element of it."""
_SHARES = {
    "supports": (0.85, 0.10, 0.05),
    "contradicts": (0.10, 0.85, 0.05),
    "refines": (0.15, 0.05, 0.80),
    "mixed": (0.45, 0.45, 0.10),
}
"""How often a source supports, contradicts and refines."""
COLUMNS = ("excerpt_id", "source_id", "site_id", "role_group", "theory_id", "element", "stance")


def evidence_of(sites: Sequence[str], *, seed: int) -> tuple[bytes, dict[str, Any]]:
    """The file `evidence.csv`, and what was planted; a source takes one stance on a theory.

    Every theory draws from a stream of its own, so that one more changes nothing that is said of the others.
    """
    streams = {theory: stream(seed, "evidence", theory) for theory in PLANTED}
    chosen = sorted(stream(seed, "evidence").permutation(len(sites))[:SITES].tolist())
    rows, n_excerpts = [], 0
    for at, site in ((at, sites[at]) for at in chosen):
        people = [group for group, number in SOURCES.items() for _ in range(number)]
        for number, group in enumerate(people, start=1):
            for theory, planted in PLANTED.items():
                draws = streams[theory]
                speaks, *of_element = (draws.random(1 + len(ELEMENTS)) < SPEAKS).tolist()
                stance = STANCES[int(draws.choice(len(STANCES), p=_SHARES.get(planted, _SHARES["mixed"])))]
                if planted == "silent" or not speaks:
                    continue
                for element, is_said in zip(ELEMENTS, of_element, strict=True):
                    if is_said:
                        n_excerpts += 1
                        source = f"I{at + 1:02d}-{number}"
                        rows.append((f"E{n_excerpts:04d}", source, site, group, theory, element, stance))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    truth = {"reading": PLANTED, "sites": [sites[at] for at in chosen], "sources_a_site": SOURCES}
    return text.getvalue().encode(), truth
