"""Faults to order: which calls they hit, and what they do to them."""

import random
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson

from tests.simulator.answers import Answer, Page, problem
from tests.simulator.rate import too_many
from tests.simulator.request_log import Call

HTML = b"<html><head><title>502 Bad Gateway</title></head><body><center>502 Bad Gateway</center></body></html>"
BODIES = {
    "html": (HTML, "text/html"),
    "empty": (b"", "text/plain"),
    "cut": (b'{"data":[{"id":10400', "application/json"),
}


@dataclass
class Fault:
    """Hits ``times`` calls that match, once ``skip`` of them have passed; ``times=-1`` hits for ever.

    ``path`` is the end of a path, ``kind`` a name of `BEFORE`, `PAGES` or `WIRE`; the rest is what that kind reads.
    """

    kind: str
    path: str = ""
    tenant: int | None = None
    method: str | None = None
    skip: int = 0
    times: int = 1
    status: int = 500
    body: str = "json"  # json, html, empty, cut; else what it is
    headers: dict[str, str] = field(default_factory=dict)
    retry_after: str = "seconds"  # seconds, date, none
    seconds: float = 0
    how: str = "wrong_type"  # wrong_type, no_id, null_id, not_an_object, or a name of `ODD_VALUES`
    at: int = 0  # which record of the page
    seed: int = 0

    def __post_init__(self) -> None:
        known = {*BEFORE, *PAGES, *WIRE}
        if self.kind not in known:
            raise ValueError(f"fault kind {self.kind!r} is not one of {', '.join(sorted(known))}")

    @property
    def content(self) -> tuple[bytes, str]:
        """Body and content type."""
        return BODIES.get(self.body, (self.body.encode(), "application/json"))

    def matches(self, call: Call) -> bool:
        return (
            call.path.endswith(self.path) and self.tenant in (None, call.tenant) and self.method in (None, call.method)
        )


class Faults:
    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def order(self, kind: str, path: str = "", **fields: Any) -> Fault:
        """``order("status", "export/jobs", status=502, body="html", times=3)``."""
        fault = Fault(kind, path, **fields)
        self.waiting.append(fault)
        return fault

    def clear(self) -> None:
        self.waiting.clear()

    def take(self, call: Call) -> Fault | None:
        """The first fault that hits this call; each one that matches counts it."""
        for fault in list(self.waiting):
            if not fault.matches(call):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            fault.times -= 1
            if fault.times == 0:
                self.waiting.remove(fault)
            return fault
        return None

    def as_json(self) -> list[dict[str, Any]]:
        return [asdict(fault) for fault in self.waiting]


def _status(fault: Fault) -> Answer:
    if fault.body == "json":
        answer = problem(fault.status)
    else:
        body, content_type = fault.content
        answer = Answer(body, fault.status, content_type=content_type)
    answer.headers |= fault.headers
    return answer


def _rate_limit(fault: Fault) -> Answer:
    return too_many(fault.retry_after, max(1, int(fault.seconds)))


def _shuffled(fault: Fault, page: Page, _previous: list[bytes]) -> list[bytes]:
    return random.Random(fault.seed).sample(page.rows, len(page.rows))


def _repeated(_fault: Fault, page: Page, previous: list[bytes]) -> list[bytes]:
    return previous or page.rows


def _emptied(_fault: Fault, _page: Page, _previous: list[bytes]) -> list[bytes]:
    return []


def _two_versions(_fault: Fault, page: Page, _previous: list[bytes]) -> list[bytes]:
    """An old version of the first record comes again, behind all the others."""
    old = [orjson.dumps(orjson.loads(row) | {"modifiedOn": "2019-12-31T23:59:59.5Z"}) for row in page.rows[:1]]
    return [*page.rows, *old]


ODD_VALUES = {
    "not_utf8": b'"J\xfcrgen"',
    "control_character": b'"a\x01b"',
    "nan": b"NaN",
    "odd_escape": rb'"\x"',
    "deep": b"[" * 5000 + b"]" * 5000,
    "nul": rb'"a\u0000b"',
    "half_a_pair": rb'"\ud83d"',
    "large_number": b"1e999999999",
}


def _broken_record(fault: Fault, page: Page, _previous: list[bytes]) -> list[bytes]:
    if not page.rows:
        return [_broken(fault.how, b"{}")]
    rows = list(page.rows)
    rows[fault.at] = _broken(fault.how, rows[fault.at])
    return rows


def _broken(how: str, row: bytes) -> bytes:
    if how in ODD_VALUES:
        return b'{"odd":' + ODD_VALUES[how] + b"," + row[1:]
    record = orjson.loads(row)
    broken: dict[str, Any] = {
        "wrong_type": record | {"createdOn": "last week", "customerId": "seven", "jobId": [1]},
        "no_id": {name: value for name, value in record.items() if name != "id"},
        "null_id": record | {"id": None},
        "not_an_object": "a record",
    }
    return orjson.dumps(broken[how])


BEFORE: dict[str, Callable[[Fault], Answer | None]] = {
    "status": _status,
    "rate_limit": _rate_limit,
    "expire_tokens": lambda _: None,  # the gateway revokes every access token; the call then gets its 401
    "release": lambda _: None,  # the gateway makes every continuation token invalid
}
PAGES: dict[str, Callable[[Fault, Page, list[bytes]], list[bytes]]] = {
    "shuffle": _shuffled,
    "two_versions": _two_versions,
    "broken_record": _broken_record,
    "repeat_page": _repeated,  # these two come in between: the token stays, hasMore is true
    "empty_page": _emptied,
}
IN_BETWEEN = {"repeat_page", "empty_page"}
WIRE = {
    "drop",  # the connection is reset before anything is done
    "lose_answer",  # the work is done, then the connection is reset
    "cut",  # half of the answer's body, then the end of the connection
    "slow",  # the work is done, the answer comes after ``seconds`` of real time
    "hang",  # the connection is taken, and nothing comes
    "drip",  # the answer's head comes byte by byte, and never ends
    "trickle",  # the work is done, the answer comes byte by byte, ``seconds`` of real time apart
    "odd_body",  # 200 with the body that ``body`` names
}
