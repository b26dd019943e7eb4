"""Texts as people typed them, made fit for a body: PostgreSQL takes no NUL, and UTF-8 no half of a surrogate pair."""

import json
import re

UNFIT = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff]")
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f]")  # C0 but tab and newline


def clean(text: str) -> str:
    """Without control characters; lone surrogates become U+FFFD, two that make a pair their character."""
    if not UNFIT.search(text):
        return text
    return CONTROLS.sub("", text).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def as_text(value: object) -> str:
    """``2135552823.0`` is a number that a spreadsheet has passed on; what is no text or number is none."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return clean(str(value)).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def mended(content: bytes | str) -> str:
    """Without what stricter readers refuse: a BOM in front, lone surrogates within. Raises ValueError."""
    try:
        return clean(json.dumps(json.loads(content), ensure_ascii=False))
    except (ValueError, RecursionError):
        raise ValueError("this is no JSON") from None


def with_carriage_returns(content: str) -> str:
    r"""JSON with each ``\n`` as ``\r\n``."""
    return content.replace(r"\n", r"\r\n")
