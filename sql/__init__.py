"""Alembic migrations of the farm's database: numbered, forward-only.

`farmdesk.db.migrate` runs them.
"""
