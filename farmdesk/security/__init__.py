"""Keys, login, sealed files, the vault: what keeps a farm secret.

Nothing here knows the database, the storage or the network: callers bring bytes and get bytes.
"""
