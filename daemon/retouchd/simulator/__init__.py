"""The documented endpoint on loopback, with edits that really change the picture."""
