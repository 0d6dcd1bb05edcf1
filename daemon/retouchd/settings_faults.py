"""What is wrong with one value of the configuration, in the words of people instead of pydantic's."""

import re
from typing import Final

from pydantic_core import ErrorDetails

# pydantic shows the members of an Enum as Python does; people write the value.
_ENUM_MEMBER: Final = re.compile(r"<[\w.]+: ('[^']*')>")
# pydantic's words for these are a programmer's.
_VALID: Final = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "float_parsing": "a number",
    "float_type": "a number",
    "finite_number": "a number",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing_size": "a smaller number",
    "model_type": "a section with keys below it",
    "path_type": "a path in quotes",
    "string_too_short": "a text that is not empty",
    "string_type": "a text in quotes",
    "tuple_type": "a list",
}


def reason_of(detail: ErrorDetails) -> str:
    """Give what is wrong with a value, and what is valid; never the value itself."""
    if detail["type"] == "value_error":
        return detail["msg"].removeprefix("Value error, ")
    valid = _VALID.get(detail["type"]) or detail["msg"].removeprefix("Input should be ")
    return "not possible; valid: " + _ENUM_MEMBER.sub(r"\1", valid)
