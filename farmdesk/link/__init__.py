"""The client's way to the farm: two verbs, read and send.

`DirectLink` goes through SQL, `RemoteLink` over HTTPS. The user interface and the command line know
nothing of the farm but `FarmLink`.
"""
