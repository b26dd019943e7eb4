"""What a sender's form came to us in: read whatever can be read, because the sender cannot mend it."""

import json
from collections.abc import Iterator
from math import isfinite
from typing import Any, NoReturn
from urllib.parse import parse_qs

from pipelines.actions.web.problems import Problem

FORM = "application/x-www-form-urlencoded"
ONE_LEAD = 'send one lead as a JSON object, {"name": …}'


def read_payload(body: bytes, content_type: str, is_named: bool) -> dict[str, Any]:
    """``is_named``: for a source that its sender named, which is where forms come from. Raises `Problem`."""
    kind = media_type(content_type)
    text = decoded(body).strip()
    if not text:
        raise Problem("malformed", f"the body is empty; {ONE_LEAD}")
    if kind == FORM and text[0] not in "{[":
        return _form(body, is_named)
    try:
        payload = json.loads(text, strict=False, parse_constant=_no_number, parse_float=_finite)
    except RecursionError:
        raise Problem("malformed", "the body is nested too deeply") from None
    except ValueError as error:
        raise _unreadable(kind, error) from None
    if not isinstance(payload, dict):
        raise Problem("malformed", f"the body is no JSON object; {ONE_LEAD}")
    return payload


def media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def is_form(content_type: str) -> bool:
    return media_type(content_type) == FORM


def decoded(body: bytes) -> str:
    """In UTF-8, also with a BOM or lone surrogates; in UTF-16 or 32 as JSON may be; else in Windows' Latin-1."""
    for encoding, errors in ((json.detect_encoding(body), "surrogatepass"), ("cp1252", "strict")):
        try:
            return body.decode(encoding, errors).removeprefix("\ufeff")
        except UnicodeDecodeError:
            continue
    return body.decode("latin-1")


def texts(value: Any) -> Iterator[str]:
    """Every text in it."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from texts(part)


def _form(body: bytes, is_named: bool) -> dict[str, Any]:
    """A field that is there several times is a list."""
    if not is_named:
        raise Problem("unsupported_media_type", f"a form is read for a named source (?source=…) alone; {ONE_LEAD}")
    written = body.decode("latin-1")
    try:
        fields = parse_qs(written, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        fields = parse_qs(written, keep_blank_values=True, encoding="cp1252", errors="replace")
    except ValueError as error:
        raise Problem("malformed", f"the form cannot be read: {error}") from None
    return {name: values[0] if len(values) == 1 else values for name, values in fields.items()}


def _unreadable(kind: str, error: ValueError) -> Problem:
    if isinstance(error, NoNumber):
        return Problem("malformed", f"{error} is no number; send a number, a text or null")
    if kind in ("", "application/json", "text/plain") or kind.endswith("+json"):
        return Problem("malformed", f"the body is no JSON ({error}); {ONE_LEAD}")
    detail = f"{kind} cannot be read; {ONE_LEAD}, or {FORM} for a named source (?source=…)"
    return Problem("unsupported_media_type", detail)


class NoNumber(ValueError):
    pass


def _no_number(name: str) -> NoReturn:
    raise NoNumber(name)


def _finite(written: str) -> float:
    if not isfinite(number := float(written)):
        raise NoNumber(written)
    return number
