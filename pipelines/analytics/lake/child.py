"""A process of its own for what is done in the lake: ``python -m pipelines.analytics.lake.child``.

A line of JSON on standard input says what, one on standard output what came of it. It ends by itself where catalog or
store keep silent, and with whoever has started it: a sync neither waits for them nor ends with them.
"""

import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb

from pipelines.analytics.lake.connection import LAKE, NotInstalled, conninfo, holding, open_lake
from pipelines.analytics.lake.maintain import maintain
from pipelines.analytics.lake.place import Place, Store
from pipelines.analytics.lake.publish import publish

REACHED_WITHIN = 15.0  # seconds, until both have answered
CLOSED_WITHIN = 5.0
MAX_CHARACTERS = 500
QUICK = {"http_timeout": 5, "http_retries": 1}
PATIENT = {"http_timeout": 20, "http_retries": 3}  # of one request


class Watch:
    """Ends the process where something takes too long, or nobody waits for it any more."""

    def __init__(self) -> None:
        self._until, self._words, self._parent = time.monotonic(), "", os.getppid()

    def within(self, seconds: float, words: str) -> None:
        self._until, self._words = time.monotonic() + seconds, words

    def start(self) -> None:
        threading.Thread(target=self._look, daemon=True).start()

    def _look(self) -> None:
        while os.getppid() == self._parent:
            if time.monotonic() > self._until:
                say({"error": self._words})
                break
            time.sleep(0.1)
        os._exit(1)


def say(answer: dict[str, Any]) -> None:
    """The first answer counts."""
    print(json.dumps(answer), flush=True)


def work(watch: Watch, asked: dict[str, Any]) -> None:
    store = asked["place"].pop("store")
    place = Place(**asked["place"], store=Store(**store) if store else None)
    try:
        watch.within(REACHED_WITHIN, f"{place.shown}: no answer within {REACHED_WITHIN:.0f} s")
        watch.start()
        shutil.rmtree(asked["spill"], ignore_errors=True)
        with open_lake(place, Path(asked["spill"])) as con:
            set_(con, QUICK)
            reach(con, place)
            set_(con, PATIENT)
            watch.within(asked["seconds"], f"{place.shown}: not done within {asked['seconds']:.0f} s, and given up")
            say({"done": TASKS[asked["task"]](con, place, asked)})
            watch.within(CLOSED_WITHIN, "")
    except NotInstalled as error:
        say({"error": str(error)})
    except Exception as error:
        say({"error": f"{place.shown}: {words_of(error, place)}"})


def set_(con: duckdb.DuckDBPyConnection, values: dict[str, int]) -> None:
    for name, value in values.items():
        con.execute(f"set global {name} = {value}")


def reach(con: duckdb.DuckDBPyConnection, place: Place) -> None:
    """A list of what begins with a name that nothing has: whether the store answers, and takes the key."""
    con.execute("select count(*) from ducklake_snapshots(?)", [LAKE])
    if place.store:
        con.execute("select count(*) from glob(?)", [f"{place.data}is-anybody-there/*"])


@contextmanager
def heard(place: Place) -> Iterator[None]:
    """What goes wrong is said at once: to let the lock of a catalog go that is gone may end the process."""
    try:
        yield
    except Exception as error:
        say({"error": f"{place.shown}: {words_of(error, place)}"})
        raise


def words_of(error: Exception, place: Place) -> str:
    """In a line, whatever they quote; of a catalog that cannot be reached PostgreSQL's own."""
    words = without(place.secrets, " ".join(str(error).split()))
    return words.rpartition(f'at "{conninfo(place.catalog)}": ')[2][:MAX_CHARACTERS] or type(error).__name__


def without(secrets: Sequence[str], words: str) -> str:
    for form in (form for secret in secrets for form in (secret, quote(secret, safe=""))):
        words = words.replace(form, "…")
    return words


def _publish(con: duckdb.DuckDBPyConnection, place: Place, asked: dict[str, Any]) -> dict[str, Any]:
    with holding(con, place, alone=False), heard(place):
        return asdict(publish(con, place.schema, Path(asked["analytics"]), datetime.now(UTC)))


def _maintain(con: duckdb.DuckDBPyConnection, place: Place, asked: dict[str, Any]) -> dict[str, int] | None:
    with holding(con, place, alone=True), heard(place):
        return maintain(con, datetime.now(UTC), only_if_due=asked["only_if_due"])


def _look(con: duckdb.DuckDBPyConnection, _: Place, __: dict[str, Any]) -> dict[str, Any]:
    found = con.execute("select count(*) from duckdb_schemas() where database_name = ?", [LAKE]).fetchone()
    return {"schemas": found[0] if found else 0}


TASKS: dict[str, Callable[[duckdb.DuckDBPyConnection, Place, dict[str, Any]], Any]] = {
    "publish": _publish,
    "maintain": _maintain,
    "look": _look,
}

if __name__ == "__main__":
    work(Watch(), json.loads(sys.stdin.readline()))
