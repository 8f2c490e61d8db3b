from __future__ import annotations

import ctypes
import os
import sys

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint

from pipeline.disclosure.programme import solve, unspoken


def test_what_compiled_code_prints_meanwhile_is_not_seen(capfd: pytest.CaptureFixture[str]) -> None:
    library = ctypes.CDLL(None)
    sys.stdout.write("before\n")
    with unspoken():
        os.write(1, b"a word of a library\n")
        library.puts(b"another, which waits in its buffer")
    sys.stdout.write("after\n")
    library.puts(b"and one that is meant")
    library.fflush(None)
    assert sorted(capfd.readouterr().out.split("\n")) == ["", "after", "and one that is meant", "before"]


def test_the_screen_is_given_back_after_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ZeroDivisionError), unspoken():
        raise ZeroDivisionError
    os.write(1, b"seen")
    assert capfd.readouterr().out == "seen"


def test_whole_numbers_are_found_or_nothing() -> None:
    both = LinearConstraint([[2.0, 3.0]], 7.0, 7.0)
    limits = Bounds([0.0, 0.0], [9.0, 9.0])
    assert solve([1.0, 1.0], constraints=[both], bounds=limits, integrality=np.ones(2)).tolist() == [2.0, 1.0]
    assert (
        solve([1.0, 1.0], constraints=[LinearConstraint([[2.0, 2.0]], 7.0, 7.0)], bounds=limits, integrality=np.ones(2)) is None
    )
