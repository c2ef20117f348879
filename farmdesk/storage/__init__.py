"""Where scenes and frames lie: a folder or UNC path, or a share over SMB.

Nothing here knows what a file means; callers name paths below a root.
"""
