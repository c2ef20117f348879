"""The HTTPS door of the farm: login, commands, reads and transfers for people outside.

It meets the engine only in the database, so a busy upload never delays a frame.
"""
