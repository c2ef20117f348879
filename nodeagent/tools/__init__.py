"""Scripts that run inside a tool, by the tool's own Python. They import nothing of the agent."""
