"""How an agent starts on a node.

Each module is one way; none knows the engine, the database or another way.
"""
