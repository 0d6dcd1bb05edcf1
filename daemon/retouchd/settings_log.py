"""The settings of the log: one more section of the table in settings_sections.py."""

from typing import Literal

from pydantic import Field

from retouchd.settings_sections import Section


class Log(Section):
    """What the daemon tells the system's log."""

    format: Literal["auto", "console", "json", "journal"] = Field(
        default="auto",
        description="auto: for people on a terminal, fields for the system's log, else JSON lines.",
    )
    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least that is told."
    )
    heartbeat_minutes: float = Field(
        default=60,
        ge=0,
        le=10_080,
        description="How often a running daemon tells that it is alive; 0: never.",
    )
