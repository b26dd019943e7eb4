"""The files of RULES_DIR, read and checked."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from pipelines.rules.seeds import NAME_FIELDS, SEEDS, Cells, Seed

FILE_NAMES = {seed.file_name: seed for seed in SEEDS}
ALL_NAMES = ", ".join(FILE_NAMES)
OF_A_TABLE = {".csv", ".tsv", ".txt", ".xls", ".xlsx", ".ods", ""}
NUMBERS = {"state", "from_state", "to_state"}


class RulesError(Exception):
    """Files of RULES_DIR that cannot be in force; the message has one line per problem."""


@dataclass(frozen=True)
class Row:
    """Of a seed, with the row of the file that it stands in, as a spreadsheet counts: the heading is row 1."""

    seed: Seed
    cells: Cells
    file: Path
    number: int

    @property
    def place(self) -> str:
        return f"{self.file.name}, row {self.number}"

    @property
    def key(self) -> tuple[str, ...]:
        return key_of(self.seed, self.cells)


def key_of(seed: Seed, cells: Cells) -> tuple[str, ...]:
    """2 and 2.0 are one state."""
    return tuple(f"{float(cells[name]):g}" if name in NUMBERS else cells.get(name, "") for name in seed.key)


def read_rules(folder: Path) -> list[Row]:
    """Every row of every file; raises `RulesError`. A folder that is not there has none."""
    if not folder.exists():
        return []
    problems, rows = [], []
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        raise RulesError(f"{folder}: {error.strerror}; expected a folder with {ALL_NAMES}, or some of them") from None
    for path in paths:
        if seed := FILE_NAMES.get(path.name):
            found = _File(seed, path)
            rows += found.rows
            problems += found.problems
        elif words := misnamed(path):
            problems.append(words)
    if problems:
        raise RulesError("\n".join(problems))
    return rows


def read_file(path: Path) -> list[Row]:
    """Of one file, wherever it lies: its name says of which seed. Raises `RulesError`."""
    if (seed := FILE_NAMES.get(path.name)) is None:
        raise RulesError(f"{path}: found the name {path.name!r}; expected that of a file of RULES_DIR: {ALL_NAMES}")
    found = _File(seed, path)
    if found.problems:
        raise RulesError("\n".join(found.problems))
    return found.rows


def misnamed(path: Path) -> str | None:
    """A table that nobody would read: its rules would not be in force, and nobody would say so."""
    stem, is_table = path.stem.lower(), path.suffix.lower() in OF_A_TABLE
    close = get_close_matches(stem, [seed.name for seed in SEEDS], n=1, cutoff=0.8)
    if path.name.startswith(".") or not is_table or not (close or path.suffix.lower() == ".csv"):
        return None
    hint = f"is {close[0]}.csv meant?" if close else "move it elsewhere"
    return f"{path}: a file of this name is not read; expected {ALL_NAMES}: {hint}"


def tidied(cells: dict[str, str]) -> dict[str, str]:
    """As the seeds have them: no spaces around, but in a pattern; and a spreadsheet's TRUE is true."""
    is_word = cells.get("match_field", "").strip() not in NAME_FIELDS
    tidy = {name: cell.strip() if name != "pattern" or is_word else cell for name, cell in cells.items()}
    booleans = {"starts_flow"} | ({"pattern"} if tidy.get("match_field") == "no_charge" else set())
    return {name: cell.lower() if name in booleans else cell for name, cell in tidy.items()}


class _File:
    def __init__(self, seed: Seed, path: Path) -> None:
        self.seed, self.path = seed, path
        self.rows: list[Row] = []
        self.problems: list[str] = []
        try:
            self._read(path.read_text(encoding="utf-8-sig"))
        except UnicodeDecodeError:
            self._wrong("it is no text in UTF-8; expected a CSV file in UTF-8")
        except (OSError, csv.Error) as error:
            words = error.strerror if isinstance(error, OSError) else error
            self._wrong(f"it cannot be read: {words}; expected a CSV file in UTF-8")

    def _read(self, text: str) -> None:
        reader = csv.reader(text.splitlines(keepends=True), strict=True)
        heading = [name.strip() for name in next(reader, [])]
        self._check(heading)
        if self.problems:
            return
        for values in reader:
            if any(value.strip() for value in values):
                self._add(heading, values, reader.line_num)
        self._check_keys()

    def _check(self, heading: list[str]) -> None:
        known = [column.name for column in self.seed.columns]
        for name in dict.fromkeys(name for name in heading if name not in known):
            self._wrong(f"row 1: there is no column {name!r}; expected {','.join(known)}")
        for name in self.seed.needed:
            if name not in heading:
                self._wrong(f"row 1: the column {name} is missing; expected {','.join(known)}")
        for name in {name for name in heading if heading.count(name) > 1}:
            self._wrong(f"row 1: the column {name} stands there twice")

    def _add(self, heading: list[str], values: list[str], number: int) -> None:
        if len(values) != len(heading):
            self._wrong(f"row {number}: found {len(values)} cells; expected {len(heading)}, as row 1 has")
            return
        cells = tidied(dict(zip(heading, values, strict=True)))
        wrong = list(self._wrong_cells(cells)) or [found for found in [self.seed.wrong(cells)] if found]
        for name, expected in wrong:
            self._wrong(f"row {number}, {name}: found {cells.get(name) or 'nothing'!r}; expected {expected}")
        if not wrong:
            self.rows.append(Row(self.seed, cells, self.path, number))

    def _wrong_cells(self, cells: Cells) -> Iterator[tuple[str, str]]:
        for column in self.seed.columns:
            if column.name in cells and not column.accepts(cells[column.name]):
                yield column.name, column.expected

    def _check_keys(self) -> None:
        seen: dict[tuple[str, ...], Row] = {}
        for row in self.rows:
            if (other := seen.setdefault(row.key, row)) is not row:
                named = ", ".join(
                    f"{name} {cell or 'empty'}" for name, cell in zip(self.seed.key, row.key, strict=True)
                )
                self._wrong(f"row {row.number}: row {other.number} has the same {named}; expected one of them")

    def _wrong(self, words: str) -> None:
        self.problems.append(f"{self.path}, {words}")
