"""Runs on a render node, for as long as the node works for a task.

It talks to the engine over stdin and stdout, and imports only the standard library and psutil. Of
it, farmdesk imports only `protocol`, `journal` and `images`.
"""
