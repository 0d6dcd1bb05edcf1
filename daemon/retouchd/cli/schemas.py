"""The names of the JSON Schemas that can be asked for; apart, so that help need not load the settings."""

from enum import StrEnum


class Schema(StrEnum):
    """What there are JSON Schemas of."""

    CONFIG = "config"
    RESULT = "result"
    SIDECAR = "sidecar"
