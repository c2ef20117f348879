"""Sets a farm up on its server: settings, certificates, master key, tables, the first superadmin.

Each step looks first and makes what is missing, so it can be run again, also after it was killed.
"""
