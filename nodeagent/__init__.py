"""Runs on a render node, for as long as the node works for a task.

Talks to the engine over stdin and stdout.

Imports only the standard library and psutil. Of it, farmdesk imports only `protocol`, `journal` and `images`.
"""
