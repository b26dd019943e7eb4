"""Values that a flow fills in when it runs: ``{{contact.email}}``. What is filled in is never read again."""

import re
from collections.abc import Mapping
from typing import Any

EXPRESSION = re.compile(r"\{\{\s*([a-z_]\w*(?:\.\w+)*)\s*\}\}", re.IGNORECASE)


class Unknown(Exception):
    """There is no such value where the flow runs."""


def filled(form: Any, known: Mapping[str, Any]) -> Any:
    """Raises `Unknown`. An expression that stands alone keeps its value's type."""
    if isinstance(form, dict):
        return {name: filled(one, known) for name, one in form.items()}
    if isinstance(form, list):
        return [filled(one, known) for one in form]
    if not isinstance(form, str):
        return form
    if alone := EXPRESSION.fullmatch(form.strip()):
        return value_of(alone[1], known)
    return EXPRESSION.sub(lambda found: str(value_of(found[1], known)), form)


def value_of(path: str, known: Mapping[str, Any]) -> Any:
    value: Any = known
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    if value is None:
        raise Unknown(f"{{{{{path}}}}} has no value here; there are {', '.join(paths(known))}")
    return value


def paths(known: Mapping[str, Any], before: str = "") -> list[str]:
    """Of all that has a value."""
    return [
        one
        for name, value in known.items()
        for one in (
            paths(value, f"{before}{name}.")
            if isinstance(value, Mapping)
            else [f"{before}{name}"]
            if value is not None
            else []
        )
    ]
