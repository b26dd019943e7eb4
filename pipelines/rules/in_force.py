"""The rules in force: the shipped ones with people's own laid over them, as dbt's macro lay_over does it."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from pipelines.rules.files import Row, key_of
from pipelines.rules.seeds import SEEDS, Cells, Seed, shipped_rows

SHIPPED = "shipped"


@dataclass(frozen=True)
class Rule:
    """``origin``: shipped, or the file and the row."""

    cells: Cells
    origin: str


def in_force(seed: Seed, own: Iterable[Row]) -> list[Rule]:
    """In the order in which they are asked."""
    shipped = {key_of(seed, cells): cells for cells in shipped_rows(seed.name)}
    rows = [row for row in own if row.seed is seed]
    rules = [Rule(_whole(seed, row, shipped), row.place) for row in rows]
    gone = {row.key for row in rows} if seed.is_replaced else set()
    rules += [Rule(_filled(seed, cells), SHIPPED) for key, cells in shipped.items() if key not in gone]
    return sorted(rules, key=lambda rule: _place(seed, rule))


def version_of(own: Iterable[Row]) -> str:
    """A digest of all that they say."""
    said = "".join(f"{row.seed.name}{sorted(row.cells.items())}\n" for row in own)
    return sha256(said.encode()).hexdigest()[:16]


def write_rules(own: Iterable[Row], folder: Path) -> None:
    """What was checked is what dbt reads, also where a file is edited meanwhile. Nothing else is left in the folder."""
    rows = list(own)
    folder.mkdir(parents=True, exist_ok=True)
    for seed in SEEDS:
        path, found = folder / seed.file_name, [row for row in rows if row.seed is seed]
        path.unlink(missing_ok=True)
        if found:
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, list(found[0].cells))
                writer.writeheader()
                writer.writerows(row.cells for row in found)


def _whole(seed: Seed, row: Row, shipped: Mapping[tuple[str, ...], Cells]) -> Cells:
    """A column that the file lacks is as in the shipped row that it replaces."""
    every_tenant = key_of(seed, {**row.cells, "tenant_id": ""})
    return _filled(seed, {**(shipped.get(every_tenant, {}) if seed.is_replaced else {}), **row.cells})


def _filled(seed: Seed, cells: Cells) -> Cells:
    return {column.name: cells.get(column.name, "") for column in seed.columns}


def _place(seed: Seed, rule: Rule) -> tuple[float | int | bool | str, ...]:
    cells = rule.cells
    if "priority" in cells:
        is_shipped = rule.origin == SHIPPED
        return int(cells["priority"]), not cells["tenant_id"], is_shipped, cells["match_field"], cells["pattern"]
    numbers = [float(cells[name]) for name in seed.key if name != "tenant_id"]
    return (*numbers, cells.get("tenant_id", ""))
