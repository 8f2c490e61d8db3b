"""Realist evaluation of Maternal Mental Health Services: from site returns to safe reports."""

__version__ = "0.1.0"
