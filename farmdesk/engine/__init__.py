"""The single writer: feeds RenderControls with real events and carries out their orders.

Everything here runs in one loop thread; agents, the database and the frame check work in threads
and processes beside it and post what happened into the loop's inbox. Only this package changes the
state of tasks, frames and nodes.
"""
