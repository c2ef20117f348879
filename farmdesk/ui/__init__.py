"""The Qt client: windows over a `FarmLink`; it knows `link` and `domain` alone.

`app.py` starts a window; each role has a folder of screens, which share `models` and `widgets`.
"""
