"""The file that becomes the analysts' copy: where a new one begins, and how it is put in place.

The copy before the newest stays beside it under another name. It lacks little of what the next one has to say, and
writing that into it costs less than copying the newest, which for a million customers has a gigabyte.
"""

import fcntl
import os
import shutil
from glob import escape
from pathlib import Path

from pipelines.disk import flush


def draft_of(analytics: Path) -> Path:
    return analytics.with_name(f"{analytics.name}.{os.getpid()}.tmp")


def spare_of(analytics: Path) -> Path:
    return analytics.with_name(f"{analytics.name}.before")


def remove_drafts(analytics: Path) -> None:
    """Also those of a process that was killed."""
    for draft in analytics.parent.glob(f"{escape(analytics.name)}.*.tmp*"):
        draft.unlink(missing_ok=True)


def copy_newest(analytics: Path) -> None:
    """Into the draft; the spare makes room for it."""
    spare_of(analytics).unlink(missing_ok=True)
    shutil.copyfile(analytics, draft_of(analytics))


def take_spare(analytics: Path) -> bool:
    """As the draft; False where somebody has it open, who keeps it as it is."""
    spare, draft = spare_of(analytics), draft_of(analytics)
    if spare.samefile(analytics):
        return False
    spare.rename(draft)
    if is_open_elsewhere(draft):
        draft.unlink()
        return False
    return True


def is_open_elsewhere(path: Path) -> bool:
    """Also where that cannot be told. Linux leases a file to write only where nobody else has it open (fcntl(2))."""
    if not hasattr(fcntl, "F_SETLEASE"):
        return True
    handle = os.open(path, os.O_RDWR)
    try:
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


def put_in_place(analytics: Path, published_at: int, *, keep_spare: bool) -> None:
    """``published_at``: the file's time of change, in microseconds. A kill leaves the old one or the new one."""
    draft, spare = draft_of(analytics), spare_of(analytics)
    flush(draft)
    os.utime(draft, ns=(published_at * 1000, published_at * 1000))
    spare.unlink(missing_ok=True)
    if keep_spare:
        link(analytics, spare)
    draft.replace(analytics)
    flush(analytics.parent)


def link(path: Path, other: Path) -> None:
    """Nothing where the file system has no second name for a file."""
    try:
        other.hardlink_to(path)
    except OSError:
        return
