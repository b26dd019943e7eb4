"""Texts as others can take them."""

import re

CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f]")
SURROGATES = re.compile(r"[\ud800-\udfff]")


def clean(text: str) -> str:
    """Without C0 controls but tab and newline, and U+FFFD for each lone surrogate."""
    return SURROGATES.sub("\ufffd", CONTROLS.sub("", text))
