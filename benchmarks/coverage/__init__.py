"""How often intervals hold the truth, and how often tests and limits raise a false alarm, in invented data of known truth.

Run `.venv/bin/python -m benchmarks.coverage`. It goes on where it stopped; `--quick` tries every part in seconds. From
the results it writes `pipeline/coverage/coverage.yaml`, which the reports print; `--table` does that alone.
"""
