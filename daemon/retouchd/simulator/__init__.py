"""The documented endpoint on loopback, with edits that really change the picture.

It stands in for the vendor in demos and end-to-end tests. Its checks are written anew from the vendor's
documentation and share no code with the client's, so that the one examines the other.
"""
