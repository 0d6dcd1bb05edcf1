"""The door: thin commands; exit codes come from the error classes."""
