"""The states, from the seed that dbt derives with."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SEED = Path(__file__).parents[3] / "dbt_project" / "seeds" / "customer_states.csv"


@dataclass(frozen=True)
class State:
    number: float
    name: str


@cache
def customer_states() -> dict[float, State]:
    with SEED.open(newline="", encoding="utf-8") as file:
        rows = [State(float(row["state"]), row["state_name"]) for row in csv.DictReader(file)]
    return {state.number: state for state in rows}
