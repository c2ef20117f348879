"""What a farm is: frames, tasks, nodes, tools, users, queues, commands, errors. Pure values.

Nothing here imports the rest of FarmDesk, does I/O, or asks for the time: the time is an argument.
"""
