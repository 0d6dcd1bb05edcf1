"""Unit files of systemd as they are filled in by cli/unitfiles.py; no code."""
