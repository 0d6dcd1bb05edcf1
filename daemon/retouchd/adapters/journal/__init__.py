"""The journal: the only modules that know SQL."""
