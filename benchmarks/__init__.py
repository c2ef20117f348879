"""Measures FarmDesk: `python -m benchmarks.NAME` prints a table and, with `--json`, one JSON line.

Nothing of FarmDesk imports from here.
"""
