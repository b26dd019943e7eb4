"""What people choose by click, by id and for one tenant: rows of RULES_DIR that are put, replaced or taken back.

A file is edited as text, so that every other row, their order and the way in which they are written stay.
"""

import csv
import io
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from pipelines.rules.files import Row, RulesError, key_of, read_file, tidied
from pipelines.rules.propose import OF_TYPES, OF_UNITS
from pipelines.rules.seeds import CANCEL_REASON_RULES, JOB_KIND_RULES, Cells, Seed

# Behind the shipped rules of recalls and warranties; a unit's behind a type's. Of reasons the shipped ones begin at 10.
PRIORITIES = {"job_type_id": OF_TYPES, "business_unit_id": OF_UNITS, "reason_id": 5}
SAYS = {JOB_KIND_RULES.name: "job_kind", CANCEL_REASON_RULES.name: "starts_flow"}
PATIENCE = 10.0  # seconds that one waits for another's edit


@dataclass(frozen=True)
class Choice:
    """``says``: a kind, or whether a flow starts; None: the row that says it is taken back."""

    field: str
    id: int
    says: str | None


def is_needed(choice: Choice, seed: Seed, tenant_id: int, own: Collection[Row]) -> bool:
    """Whether it would change the file."""
    known = said(seed, tenant_id, own).get((choice.field, choice.id))
    return choice.says != (known.cells[SAYS[seed.name]] if known else None)


def said(seed: Seed, tenant_id: int, own: Collection[Row]) -> Mapping[tuple[str, int], Row]:
    """What the file says of this tenant by id, whoever wrote it there."""
    return {
        (row.cells["match_field"], int(row.cells["pattern"])): row
        for row in own
        if row.seed is seed
        and row.cells.get("tenant_id") == str(tenant_id)
        and row.cells["match_field"] in PRIORITIES
        and row.cells.get("pattern")
    }


def row_of(seed: Seed, tenant_id: int, choice: Choice, before: Cells) -> Cells:
    """``before``: the row that it replaces, if any; what else that says and still fits stays."""
    say = choice.says or ""
    place = {"tenant_id": str(tenant_id), "match_field": choice.field, "pattern": str(choice.id)}
    kept = {"estimates_from": before.get("estimates_from", "") if say == "other" else ""}
    row = {**kept, **place, SAYS[seed.name]: say, "priority": str(PRIORITIES[choice.field])}
    return {column.name: row.get(column.name, "") for column in seed.columns}


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """The only one who edits there. Raises `RulesError`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".edit.lock").acquire(timeout=PATIENCE):
            yield
    except Timeout:
        raise RulesError(f"{folder}: somebody else edits the rules at the moment; try again") from None
    except OSError as error:
        raise RulesError(f"{folder}: it cannot be written: {error.strerror}; nothing was changed") from None


def put(seed: Seed, folder: Path, tenant_id: int, choices: Sequence[Choice]) -> None:
    """In the file, at once. `alone` in the folder. Raises `RulesError`: nothing is changed then."""
    path = folder / seed.file_name
    write(path.resolve(), edited(seed, path, tenant_id, choices))


def write(path: Path, text: str) -> None:
    """Whole or not at all. Raises `RulesError`."""
    draft = path.with_name(f".{path.name}.draft")
    try:
        with draft.open("w", newline="", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            draft.chmod(path.stat().st_mode & 0o777)
        draft.replace(path)
    except OSError as error:
        raise RulesError(f"{path}: it cannot be written: {error.strerror}; nothing was changed") from None


def edited(seed: Seed, path: Path, tenant_id: int, choices: Sequence[Choice]) -> str:
    """The text of the file with these. Raises `RulesError` where the file as it is cannot be read."""
    before = {row.key: row.cells for row in read_file(path)} if path.exists() else {}
    heading = ",".join(column.name for column in seed.columns)
    text = _Text(path.read_bytes().decode() if path.exists() else f"{heading}\n")
    if "tenant_id" not in text.heading:
        text.add_column("tenant_id")
    for choice in choices:
        key = key_of(seed, row_of(seed, tenant_id, choice, {}))
        row = row_of(seed, tenant_id, choice, before.get(key, {})) if choice.says is not None else None
        text.put(seed, key, row)
    return str(text)


class _Text:
    """A file as its lines, of which one row may have several."""

    def __init__(self, text: str) -> None:
        self._mark, text = ("\ufeff", text[1:]) if text.startswith("\ufeff") else ("", text)
        lines = text.splitlines(keepends=True)
        self._end = "\r\n" if lines[0].endswith("\r\n") else "\n"
        if not lines[-1].endswith(("\r", "\n")):
            lines[-1] += self._end
        reader, done = csv.reader(lines, strict=True), 0
        self._rows: list[tuple[list[str], str]] = []
        for values in reader:
            self._rows.append((values, "".join(lines[done : reader.line_num])))
            done = reader.line_num
        self.heading = [name.strip() for name in self._rows[0][0]]

    def __str__(self) -> str:
        return self._mark + "".join(text for _, text in self._rows)

    def add_column(self, name: str) -> None:
        """The last one, empty in the rows that are there."""
        self.heading.append(name)
        added = [name, *[""] * (len(self._rows) - 1)]
        self._rows = [
            ([*values, cell], f"{text.rstrip()},{cell}{self._end}") if any(map(str.strip, values)) else (values, text)
            for (values, text), cell in zip(self._rows, added, strict=True)
        ]

    def put(self, seed: Seed, key: tuple[str, ...], row: Cells | None) -> None:
        """In the place of the one of this key, or behind all; None: that one goes."""
        place = next((number for number, known in self._keys(seed) if known == key), len(self._rows))
        values = [row.get(name, "") for name in self.heading] if row else []
        self._rows[place : place + 1] = [(values, self._line(values))] if row else []

    def _keys(self, seed: Seed) -> Iterator[tuple[int, tuple[str, ...]]]:
        for number, (values, _) in enumerate(self._rows[1:], 1):
            if any(map(str.strip, values)):
                yield number, key_of(seed, tidied(dict(zip(self.heading, values, strict=True))))

    def _line(self, values: Sequence[str]) -> str:
        text = io.StringIO()
        csv.writer(text, lineterminator=self._end).writerow(values)
        return text.getvalue()
