"""The rules in force: the seeds, and the rows of people's own that stand beside them."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

SEEDS = Path(__file__).parents[2] / "dbt_project" / "seeds"

Rule = Mapping[str, Any]


@dataclass(frozen=True)
class TenantRules:
    """By seed, the stronger rows later: shipped, people's own, people's own for this tenant alone."""

    seeds: Mapping[str, Sequence[Rule]]

    @cached_property
    def matrix(self) -> dict[tuple[Decimal, Decimal], str]:
        rows = self.seeds["state_transition_rules"]
        return {(Decimal(row["from_state"]), Decimal(row["to_state"])): row["rule"] for row in rows}

    @cached_property
    def reset_after_days(self) -> dict[Decimal, int]:
        return {Decimal(row["state"]): int(row["reset_after_days"] or 0) for row in self.seeds["customer_states"]}

    @cached_property
    def job_kinds(self) -> list[Rule]:
        """The first that matches takes the job."""
        return sorted(self.seeds["job_kind_rules"], key=strength)


@dataclass(frozen=True)
class Rules:
    """``own``: by seed, the rows that a file of ``RULES_DIR`` would hold."""

    own: Mapping[str, Sequence[Rule]] = field(default_factory=dict)

    def of(self, tenant: int) -> TenantRules:
        seeds = {path.stem: self._rows(path, tenant) for path in sorted(SEEDS.glob("*.csv"))}
        return TenantRules(seeds)

    def _rows(self, path: Path, tenant: int) -> list[Rule]:
        with path.open(newline="") as file:
            shipped = [{**row, "is_own": False} for row in csv.DictReader(file)]
        own = [{**row, "is_own": True} for row in self.own.get(path.stem, ())]
        rows = [row for row in (*shipped, *own) if row.get("tenant_id", "") in ("", str(tenant))]
        return sorted(rows, key=lambda row: (row["is_own"], row.get("tenant_id", "")))


def strength(rule: Rule) -> tuple[Any, ...]:
    """The lowest priority; at a tie one for the tenant, then people's own, then match_field, then pattern."""
    is_for_all = rule["tenant_id"] == ""
    return int(rule["priority"]), is_for_all, not rule["is_own"], rule["match_field"], rule["pattern"]
