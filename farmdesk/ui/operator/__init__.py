"""The operator's screens: queue, nodes, frames, log and the actions on them.

Screens of other roles do not import this folder.
"""
