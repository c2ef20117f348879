"""Tests of the user interface, without a display, a server or a real farm."""
