"""Seeds that were edited in the checkout, as 0.1.0's README had people do: what they said goes to RULES_DIR.

The warehouse's own tables hold them as long as this version has not loaded its own, which have a column more.
"""

import csv
import os
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from pipelines.rules.seeds import SEEDS, STATE_TRANSITION_RULES, Seed, shipped_rows
from pipelines.warehouse import open_warehouse

SHIPPED_BEFORE = Path(__file__).with_name("release_0_1_0")
Cells = dict[str, str]


def keep_edited_seeds(warehouse: Path, folder: Path) -> list[str]:
    """Says what it did, a line each. Done again after a crash it says the same; what stands in RULES_DIR stays."""
    if not warehouse.exists():
        return []
    with open_warehouse(warehouse, read_only=True) as con:
        edited = [(seed, rows) for seed in SEEDS if (rows := list(_rows(con, seed)))]
    return [line for seed, rows in edited for line in _keep(seed, rows, folder)]


def _rows(con: duckdb.DuckDBPyConnection, seed: Seed) -> Iterator[Cells]:
    """As 0.1.0 loaded them; none of a table of this version."""
    try:
        found = con.execute(f"from seeds.{seed.name}")
    except duckdb.CatalogException:
        return
    names = [column[0] for column in found.description or ()]
    if "origin" not in names:
        yield from (dict(zip(names, map(_text, row), strict=True)) for row in found.fetchall())


def _text(value: Any) -> str:
    """A cell as it stands in a file: 2.0 is 2 there."""
    if value is None:
        return ""
    return f"{value:f}".removesuffix(".0") if isinstance(value, Decimal) else str(value)


def _keep(seed: Seed, rows: Sequence[Cells], folder: Path) -> Iterator[str]:
    before, now = _read(SHIPPED_BEFORE / seed.file_name), shipped_rows(seed.name)
    own = [cells for cells in rows if cells not in before and not any(cells.items() <= row.items() for row in now)]
    own += _ends(own, now) if seed is STATE_TRANSITION_RULES else []
    if own:
        yield _write(seed, own, folder)
    gone = [cells for cells in before if cells not in rows] if not seed.is_replaced else []
    if gone:
        said = "; ".join(",".join(cells.values()) for cells in gone)
        yield (
            f"{seed.name}: shipped rules that were deleted or changed in the checkout are in force again ({said}), for"
            f" no file can take one away: a row of lower priority in {folder / seed.file_name} overrules one, and"
            " `servicetitan-flow rules` prints them"
        )


def _ends(own: Sequence[Cells], now: Sequence[Cells]) -> list[Cells]:
    """Of people's own states: in 0.1.0 no event led to state 0."""
    states = {cells["from_state"] for cells in own} - {cells["from_state"] for cells in now}
    return [{"from_state": state, "to_state": "0", "rule": "ignore"} for state in sorted(states)]


def _write(seed: Seed, own: Sequence[Cells], folder: Path) -> str:
    path = folder / seed.file_name
    what = f"{len(own)} {'row that is' if len(own) == 1 else 'rows that are'} not 0.1.0's"
    if not path.exists():
        _put(path, own)
        return f"{path}: written, with {what}: they were edited in the checkout, and are in force from there now"
    if all(any(cells.items() <= row.items() for row in _read(path)) for cells in own):
        return f"{path}: has the {what}; they were edited in the checkout, and are in force from there now"
    aside = path.with_suffix(".edited-in-0.1.0")
    aside.unlink(missing_ok=True)
    _put(aside, own)
    return (
        f"{path}: is there, and stays as it is; {what} stand in {aside}, which is not read: see what of it still holds"
    )


def _put(path: Path, rows: Sequence[Cells]) -> None:
    """Whole or not at all, and never over another's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    with draft.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
        file.flush()
        os.fsync(file.fileno())
    os.link(draft, path)
    draft.unlink()


def _read(path: Path) -> list[Cells]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))
