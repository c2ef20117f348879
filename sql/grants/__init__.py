"""What leased staff accounts may do on MySQL and MariaDB; `farmdesk.db.grants` runs these files.

A statement ends with `;` at the end of a line that an empty line follows. `{farm}` stands for the
name of the database. Every file can be run again.
"""
