"""The change feed, `pipelines.servicetitan.raw_tables.CHANGES`: it is kept until a derivation has seen it."""

from pathlib import Path

from pipelines.servicetitan.raw_tables import CHANGES, DATASET
from pipelines.warehouse import open_warehouse


def forget_changes(warehouse: Path, until: int) -> None:
    """Up to that ``change_id``, but for the newest, from which the next load counts on."""
    table = f"{DATASET}.{CHANGES.name}"
    with open_warehouse(warehouse) as con:
        con.execute(
            f"delete from {table} where change_id <= ? and change_id < (select max(change_id) from {table})", [until]
        )
