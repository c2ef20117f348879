"""Who renders what next: RenderControl and its policies, as state machines without I/O.

Imports only `farmdesk.domain`. Events and the time come in, orders go out; the engine and the
simulator are two shells around the same code.
"""
