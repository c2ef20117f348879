"""The way to the farm over HTTPS: a door that trusts one authority, logins, rows and files.

Everything here runs on the user's machine; of the farm's server it shares only `link.wire` and
`link.transfer_wire`. The only home of httpx.
"""
