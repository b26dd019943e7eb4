"""What pydantic finds wrong with a value, in words for people who have never seen a type."""

from collections.abc import Mapping
from typing import Any

EXPECTED = {
    "int_parsing": "digits only",
    "int_parsing_size": "a smaller number",
    "int_type": "digits only",
    "int_from_float": "a whole number",
    "greater_than_equal": "{ge} at least",
    "less_than_equal": "{le} at most",
    "less_than": "a smaller number",
    "uuid_parsing": "a UUID: 32 digits and letters a to f, with dashes",
    "uuid_type": "a UUID: 32 digits and letters a to f, with dashes",
    "literal_error": "{expected}",
    "string_too_long": "at most {max_length:,} characters",
}
WHOLE = {"missing": "not filled in", "string_too_short": "not filled in"}
OF_FIELD = {"country": "two capital letters, such as US"}
SECRET = "client_secret"
SHOWN = 100  # characters of what was found


def in_words(error: Mapping[str, Any]) -> str:
    """``expected digits only, found 'abc'``."""
    kind, found = error["type"], error.get("input")
    if kind in WHOLE:
        return WHOLE[kind]
    field = field_of(error)
    expected = OF_FIELD.get(field) or EXPECTED.get(kind, "").format(**error.get("ctx", {}))
    if not expected:
        return str(error["msg"]).removeprefix("Value error, ")
    return f"expected {expected}" if field == SECRET else f"expected {expected}, found {str(found)[:SHOWN]!r}"


def field_of(error: Mapping[str, Any]) -> str:
    """ "": of all of them together."""
    return str(error["loc"][-1]) if error["loc"] else ""


def sentence(error: Mapping[str, Any]) -> str:
    """With the name of the field."""
    field = field_of(error).replace("_", " ")
    return f"{field}: {in_words(error)}" if field else in_words(error)
