"""The main job, shown end to end on one machine: `python -m farmdesk.demo`, or `make demo`.

It uses the farm as people do, through its commands; nothing of the farm imports it.
"""
