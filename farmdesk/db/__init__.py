"""The farm's memory: tables, the engine's store, the reports that links read.

The only home of SQL. Rows and SQLAlchemy never leave this package: what goes in and out are the
records of `farmdesk.domain`.
"""
