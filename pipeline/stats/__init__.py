"""Cited mathematics: arrays in, small frozen results out."""
