"""The man page, made of the commands: what `--help` says, with exit statuses, files and variables.

Prints roff as man(7) describes it, in ASCII alone.
"""

import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import Final

from retouchd.cli.grammar import Parameter, Usage

_NAME: Final = "retouchd"
_SUMMARY: Final = "edits photos that are dropped into a folder with a text file that says what to change"
_DESCRIPTION: Final = (
    """Drop a photo and a text file of the same name into the inbox; the edited photo appears in the outbox
    with a JSON file that tells how it was made, and the originals move to done. Nothing is lost, nothing is
    paid for twice or beyond the limit, and there is a plain sentence for every photo that waits.""",
    """A job's id is shown by "retouchd jobs"; its first characters are enough. --config may stand before or
    behind the command.""",
)
EXIT_STATUSES: Final = {
    0: "Done; of a run until idle: all was delivered.",
    1: "Something failed, needs you or was refused; a sentence says what.",
    2: "The command line was not understood.",
    4: "A run until idle ended paused or out of time.",
    75: "Another retouchd works on these folders; trying again later may help.",
    78: "The configuration or the folders must be put right first; trying again does not help.",
}
_FILES: Final = {
    "~/.config/retouchd/config.toml, /etc/retouchd/config.toml": """The configuration: the first that exists,
    unless --config or RETOUCHD_CONFIG names another one.""",
    "inbox, outbox, done, failed": """Below the folder that was given to init: photos with their prompts,
    results, originals, and what failed with a note that says why.""",
    "outbox/_STATUS.txt": "What is going on, for people who see nothing but the folders.",
    "~/.local/state/retouchd": "History, costs and answers; folders.state puts them elsewhere.",
}
_ENVIRONMENT: Final = {
    "DENCH_API_KEY": "The key of the service, where neither a file nor a credential has it.",
    "RETOUCHD_CONFIG": "The configuration file.",
    "RETOUCHD_SECTION__KEY": "Overrides a key of the configuration, as RETOUCHD_BUDGET__PER_DAY_USD=25.",
    "NO_COLOR": "No colours, whatever its value.",
}
_EXAMPLES: Final = {
    "retouchd demo": "Shows the main job in half a minute, without an account or cost.",
    "retouchd init ~/Retouch": "Makes the folders and asks for the key; then: retouchd run.",
    "retouchd explain inbox/beach.jpg": "Says why that photo is not done yet, and what to do.",
    "retouchd status --watch": "Keeps what is going on on the screen.",
}
_LINE: Final = 68
_ESCAPES: Final = {"\\": "\\e", "~": "\\(ti", '"': "\\(dq", "'": "\\(aq", "`": "\\(ga", "^": "\\(ha"}
# Only these hyphens are minus signs; the one behind the program's name in its first line is, too.
_OPTION: Final = re.compile(r"(?<![\w-])--?[a-z][\w-]*|(?<= )-(?= )")


def manual(verbs: Sequence[Usage], own: Sequence[Parameter]) -> str:
    """Give the page.

    Args:
        own: The options of the program itself.
    """
    return "\n".join(_page(verbs, own)) + "\n"


def _page(verbs: Sequence[Usage], own: Sequence[Parameter]) -> Iterator[str]:
    yield f'.TH {_NAME.upper()} 1 "" "{_NAME}" "User Commands"'
    yield from (".SH NAME", *_lines(f"{_NAME} - {_SUMMARY}"))
    yield from (".SH SYNOPSIS", rf".B {_NAME}", r"[\fIOPTIONS\fR] \fICOMMAND\fR [\fIARGUMENTS\fR]")
    yield ".SH DESCRIPTION"
    for number, paragraph in enumerate(_DESCRIPTION):
        yield from ([".PP"] if number else [])
        yield from _lines(paragraph)
    yield ".SH OPTIONS"
    for option in own:
        yield from _parameter(option)
    yield from _tagged({"--help": "Show the help of the program, or of a command, and end."})
    yield ".SH COMMANDS"
    for verb in verbs:
        yield from _command(verb)
    sections = {
        "EXIT STATUS": {str(status): told for status, told in EXIT_STATUSES.items()},
        "FILES": _FILES,
        "ENVIRONMENT": _ENVIRONMENT,
        "EXAMPLES": _EXAMPLES,
    }
    for title, entries in sections.items():
        yield f".SH {title}" if " " not in title else f'.SH "{title}"'
        yield from _tagged(entries)
    yield from (".SH SEE ALSO", ".BR systemctl (1),", ".BR journalctl (1)")


def _command(verb: Usage) -> Iterator[str]:
    yield f'.SS "{_text(_usage(verb))}"'
    for number, paragraph in enumerate(verb.about):
        yield from ([".PP"] if number else [])
        yield from _lines(paragraph)
    for parameter in (*verb.arguments, *_own_options(verb)):
        yield from _parameter(parameter)


def _usage(verb: Usage) -> str:
    arguments = [one.metavar if one.is_required else f"[{one.metavar}]" for one in verb.arguments]
    return " ".join([_NAME, verb.name, *arguments, *(["[OPTIONS]"] if _own_options(verb) else [])])


def _own_options(verb: Usage) -> list[Parameter]:
    """Give a command's options without the one that all have, which is told once."""
    return [one for one in verb.options if "--config" not in one.names]


def _parameter(parameter: Parameter) -> Iterator[str]:
    names = ", ".join(parameter.names)
    choices = f" One of: {', '.join(parameter.choices)}." if parameter.choices else ""
    default = f" Without it: {parameter.default}." if parameter.default else ""
    yield from _tagged({f"{names} {parameter.metavar}".strip(): f"{parameter.help}{choices}{default}"})


def _tagged(entries: dict[str, str]) -> Iterator[str]:
    for tag, told in entries.items():
        yield from (".TP", rf"\fB{_text(tag)}\fR", *_lines(told))


def _lines(text: str) -> list[str]:
    """Give lines of roff, none longer than man pages are written."""
    folded = textwrap.wrap(" ".join(text.split()), _LINE, break_long_words=False, break_on_hyphens=False)
    return [f"\\&{line}" if line.startswith(".") else line for line in map(_text, folded)]


def _text(text: str) -> str:
    """Give text that roff prints as it is."""
    safe = "".join(_ESCAPES.get(one, one if one.isascii() else f"\\[u{ord(one):04X}]") for one in text)
    return _OPTION.sub(lambda found: found[0].replace("-", "\\-"), safe)
