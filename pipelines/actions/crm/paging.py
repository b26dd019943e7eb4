"""Pages and their cursors. A cursor belongs to one question: the same filters, order and limit."""

import base64
import binascii
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any, TypeVar

import orjson

from pipelines.actions.schemas.inputs import Changed, ListOptions
from pipelines.actions.web.problems import Problem

Question = Changed | ListOptions
Place = tuple[str | int, int]
T = TypeVar("T")


def page_number(form: Question) -> int:
    """Of a list that ServiceTitan cuts."""
    if form.cursor is None:
        return 1
    number = _decoded(form, form.cursor)
    if isinstance(number, int) and 1 < number < 10**6:
        return number
    raise _wrong_cursor()


def page_of(
    rows: Iterable[T], form: Question, place: Callable[[T], Place], descending: bool = False
) -> tuple[list[T], str | None]:
    """Of a list that is all at hand, with the next page's cursor: what comes after the previous page's last row,
    whatever has come and gone since. ``place`` is each row's own."""
    ordered = sorted(rows, key=place, reverse=descending)
    if form.cursor is not None:
        ordered = _after(ordered, _decoded(form, form.cursor), place, descending)
    page = ordered[: form.limit]
    return page, cursor_of(form, place(page[-1])) if len(ordered) > form.limit else None


def cursor_of(form: Question, place: Place | int) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([place, _asked(form)])).decode()


def _after(rows: list[T], last: Any, place: Callable[[T], Place], descending: bool) -> list[T]:
    try:
        bound = tuple(last)
        return [row for row in rows if (place(row) < bound if descending else place(row) > bound)]
    except TypeError:
        raise _wrong_cursor() from None


def _decoded(form: Question, cursor: str) -> Any:
    try:
        place, question = orjson.loads(base64.urlsafe_b64decode(cursor))
    except (ValueError, TypeError, binascii.Error):
        raise _wrong_cursor() from None
    if question != _asked(form):
        raise _wrong_cursor()
    return place


def _asked(form: Question) -> str:
    asked = form.model_dump_json(exclude={"cursor", "tenant"})
    return sha256(f"{type(form).__name__}{asked}".encode()).hexdigest()[:12]


def _wrong_cursor() -> Problem:
    wrong = "expected the cursor of the previous answer, with all else unchanged"
    return Problem("invalid_request", "see errors: cursor", errors={"cursor": [wrong]})
