"""The thin layer over pytask: nodes that check and save, steps that know their code, and a runner that says what it does.

It knows nothing of sites, measures or reports.
"""
