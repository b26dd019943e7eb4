"""A rehearsal's mails as CSV, for a spreadsheet."""

import csv
import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec.structs import asdict

from pipelines.flow_builder.rehearsal import Mail

COLUMNS = (
    *("flow", "customer_id", "occurred_at", "withheld", "appointment_id", "appointment_start", "job_id", "state"),
    *("told_at", "id"),
)
STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_csv(path: Path, mails: Iterable[Mail]) -> None:
    """The file is there when all of it is."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with draft.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for mail in mails:
                row = asdict(mail)
                writer.writerow([cell(row[column]) for column in COLUMNS])
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def cell(value: Any) -> str:
    """A spreadsheet takes what begins like a formula for one."""
    text = "" if value is None else value.isoformat(sep=" ") if isinstance(value, datetime) else str(value)
    return f"'{text}" if text.startswith(STARTS_A_FORMULA) else text
