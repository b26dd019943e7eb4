"""The command as an operator types it, on the data of a town."""

import csv
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from click.testing import CliRunner, Result

from orchestration.cli.main import main
from tests.rehearsal.town import Mailed, Town
from tests.simulator.credentials import APP_KEY


def environment(town: Town, data_dir: Path) -> dict[str, str]:
    variables = {"SERVICETITAN_APP_KEY": APP_KEY, "DATA_DIR": str(data_dir)}
    for company in town.world.companies.values():
        group = {"ID": str(company.tenant_id), "CLIENT_ID": "id", "CLIENT_SECRET": "secret"}
        variables |= {f"SERVICETITAN_TENANTS__{company.name.upper()}__{name}": value for name, value in group.items()}
    return variables


def run(env: Mapping[str, str], *arguments: str) -> Result:
    return CliRunner().invoke(main, ["rehearse", *arguments], env=env)


def started(path: Path) -> Iterator[Mailed]:
    """Those of a CSV whose flows have started."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if not row["withheld"]:
                appointment, start = row["appointment_id"], row["appointment_start"]
                yield Mailed(
                    row["id"],
                    row["flow"],
                    int(row["customer_id"]),
                    datetime.fromisoformat(row["occurred_at"]),
                    datetime.fromisoformat(row["told_at"]),
                    int(appointment) if appointment else None,
                    datetime.fromisoformat(start) if start else None,
                )
