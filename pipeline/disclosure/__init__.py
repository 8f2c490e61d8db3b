"""Suppression, rounding and the attack on what is released: exact tables in, safer ones out."""
