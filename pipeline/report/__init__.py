"""Figures and documents: open tables in, SVG, PDF and Markdown out; the only room that draws or sets type."""
