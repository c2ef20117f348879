"""Puts on a machine what FarmDesk needs there. Only the standard library: it runs before the rest.

`setup.sh` finds a Python and starts `prepare`, which `make demo` and `make test` call first.
"""
