"""The HTTPS door: login by challenge, applications, commands and reads.

Customers see their own tasks and nothing else of the farm; what they may ask is checked here before
it becomes a row in `command`, and by the engine again. The engine is never called: the two meet in
the database.
"""
