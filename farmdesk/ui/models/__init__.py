"""Rows for the views: Qt models and the grid's arrays. They do no I/O and know no screen."""
