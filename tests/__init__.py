"""Tests of FarmDesk; what several of them share lies here and is imported as `tests.NAME`."""
