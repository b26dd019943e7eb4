"""The reports' folder, and how a file gets there."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from pipelines.operations import stamp
from pipelines.servicetitan.sync_status import last_complete
from pipelines.settings import Settings

LATEST = "latest.html"
LAST_SYNCS = "last-syncs.js"


def reports(settings: Settings) -> Path:
    return settings.data_dir.absolute() / "reports"


def put(path: Path, text: str) -> None:
    """At once: who reads sees the old file or the new one."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def note_last_syncs(settings: Settings) -> None:
    """After a sync that found nothing new: the latest page stands, and says when that was. Not worth a failed sync."""
    folder = reports(settings)
    if (folder / LATEST).exists():
        with suppress(OSError):
            put_last_syncs(folder, last_complete(settings.operations))


def put_last_syncs(folder: Path, last_syncs: Mapping[int, datetime]) -> None:
    """As a script, because a page that was opened from a file may load nothing else."""
    told = {str(tenant_id): stamp(ended_at) for tenant_id, ended_at in last_syncs.items()}
    put(folder / LAST_SYNCS, f"showLastSyncs({json.dumps(told)})\n")
