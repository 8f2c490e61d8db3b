"""Integer programmes solved without a word: HiGHS leaves lines of its own on the screen now and then, whatever it is told."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_STDOUT = 1


def solve(cost: Any, **given: Any) -> Any:
    """What scipy's `milp` finds, in values `x`; None where no numbers fit. `given`: as for `milp`."""
    from scipy.optimize import milp

    with unspoken():
        return milp(cost, options={"presolve": False}, **given).x


@contextmanager
def unspoken() -> Iterator[None]:
    """Nothing that compiled code prints meanwhile reaches the screen; what waited to be printed before does."""
    import ctypes
    import os
    import sys
    from pathlib import Path

    sys.stdout.flush()
    library = ctypes.CDLL(None) if os.name == "posix" else None
    try:
        kept = os.dup(_STDOUT)
    except OSError:  # there is no screen
        yield
        return
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), _STDOUT)
            yield
            if library is not None:
                library.fflush(None)
    finally:
        os.dup2(kept, _STDOUT)
        os.close(kept)
