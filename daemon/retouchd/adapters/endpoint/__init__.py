"""The endpoint: the only modules that know httpx."""
