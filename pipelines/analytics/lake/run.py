"""What a sync and people's commands do in the lake: in another process (`child`), and bounded in time."""

import json
import os
import subprocess
import sys
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

from pipelines.analytics.lake.place import Place, place_of
from pipelines.analytics.publish import Publication, read_publication
from pipelines.diagnostics import KnownError
from pipelines.settings import Settings

SECONDS = 60.0  # for changes; what the lake has to get whole has a second more for each megabyte of the copy
MEGABYTE = 1_000_000
A_NIGHT = 2 * 3600.0
BEYOND = 30.0  # the child ends itself; this is for one that is stopped
NOT_SET = "LAKE_CATALOG_URL is not set: there is no lake"
CHILD = [sys.executable, "-P", "-m", "pipelines.analytics.lake.child"]


class LakeError(KnownError):
    """The lake cannot be used; never with a secret."""


def publish(settings: Settings) -> dict[str, Any] | None:
    """What was published (`pipelines.analytics.lake.publish.Published`); None where the lake has the newest copy.

    Raises `LakeError`; the next one then publishes everything.
    """
    place, copy = _place(settings), read_publication(settings.analytics)
    had = _noted(settings, place)
    if copy is None or had == copy.published_at:
        return None
    bound = _bound(settings.analytics, copy, had)
    done: dict[str, Any] = _ask(settings, place, "publish", seconds=bound, analytics=str(settings.analytics))
    _note(settings, place, done["copy_published_at"])
    return done


def is_behind(settings: Settings) -> bool:
    """Whether there is a lake, and it lacks the newest copy, as far as is known here."""
    place = place_of(settings)
    copy = read_publication(settings.analytics) if place else None
    return place is not None and copy is not None and _noted(settings, place) != copy.published_at


def maintain(settings: Settings, *, only_if_due: bool = False) -> dict[str, int] | None:
    """Counts; None where it was not due. Raises `LakeError`."""
    done: dict[str, int] | None = _ask(settings, _place(settings), "maintain", seconds=A_NIGHT, only_if_due=only_if_due)
    return done


def look(settings: Settings) -> str:
    """That catalog and store answer, and take what they are told. Raises `LakeError`."""
    place = _place(settings)
    _ask(settings, place, "look", seconds=SECONDS)
    return f"{place.shown}, schema {place.schema}"


def _place(settings: Settings) -> Place:
    place = place_of(settings)
    if place is None:
        raise LakeError(NOT_SET)
    return place


def _bound(analytics: Path, copy: Publication, had: int | None) -> float:
    goes_on = had is not None and had == copy.went_on_from
    return SECONDS if goes_on else SECONDS + analytics.stat().st_size / MEGABYTE


def _ask(settings: Settings, place: Place, task: str, *, seconds: float, **more: Any) -> Any:
    spill = settings.analytics.with_name(f"lake-{task}.tmp")
    asked = {"task": task, "place": asdict(place), "spill": str(spill), "seconds": seconds, **more}
    child = subprocess.Popen(CHILD, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        said, _ = child.communicate(json.dumps(asked) + "\n", timeout=seconds + BEYOND)
    except subprocess.TimeoutExpired:
        raise LakeError(f"{place.shown}: no word within {seconds + BEYOND:.0f} s, and given up") from None
    finally:
        child.kill()
        child.wait()
    answer = json.loads(said.splitlines()[0]) if said else {}
    if "done" not in answer:
        raise LakeError(answer.get("error") or f"{place.shown}: the process ended without a word ({child.returncode})")
    return answer["done"]


def _file(settings: Settings) -> Path:
    """Of which copy the lake is, as far as is known here: without a change nobody asks it."""
    return settings.analytics.with_name(f"{settings.analytics.name}.lake")


def _noted(settings: Settings, place: Place) -> int | None:
    try:
        known = json.loads(_file(settings).read_text())
    except (OSError, ValueError):
        return None
    return known["copy_published_at"] if known.get("place") == _digest(place) else None


def _note(settings: Settings, place: Place, copy_published_at: int) -> None:
    draft = _file(settings).with_name(f"{settings.analytics.name}.{os.getpid()}.tmp")
    draft.write_text(json.dumps({"place": _digest(place), "copy_published_at": copy_published_at}))
    draft.replace(_file(settings))


def _digest(place: Place) -> str:
    known = [place.catalog.get(name) for name in ("host", "port", "dbname")]
    return sha256(repr((known, place.data, place.schema)).encode()).hexdigest()[:16]
