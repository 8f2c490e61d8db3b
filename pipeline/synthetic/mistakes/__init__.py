"""Honest mistakes of every kind that the intake knows, a small function each, with the answer that each must be given."""

from __future__ import annotations
