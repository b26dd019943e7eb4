"""The seeds over which people may lay rows of their own: which columns they have, and what may stand in them."""

import csv
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "dbt_project" / "seeds"
TYPE_FIELDS = ("job_type_id", "job_type_name", "business_unit_id", "business_unit_name")
LINK_FIELDS = ("recall_for_id", "warranty_id", "created_from_estimate_id")
NAME_FIELDS = ("job_type_name", "business_unit_name", "reason_name")
BOOLEAN = ("true", "false")
SUPPRESSIONS = (
    *("past", "over", "twice", "converted", "do_not_service", "do_not_mail", "marketing_opt_out", "cancel_reason"),
    *("by_hand", "commercial", "no_address"),
)
Cells = Mapping[str, str]


@dataclass(frozen=True)
class Column:
    """``expected`` says in words what ``shape`` matches as a whole; an ``is_needed`` one is never empty."""

    name: str
    expected: str
    shape: str
    is_needed: bool = True

    def accepts(self, cell: str) -> bool:
        return re.fullmatch(self.shape, cell, re.DOTALL) is not None if cell else not self.is_needed


@dataclass(frozen=True)
class Seed:
    """``key``: of what only one row may stand in a file. Where ``is_replaced``, a row for every tenant takes the place
    of the shipped one of its key; else it stands beside them. ``wrong`` looks at a row whose cells are right by
    themselves: the column, and what is expected there."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    is_replaced: bool
    wrong: Callable[[Cells], tuple[str, str] | None] = lambda cells: None  # noqa: ARG005

    @property
    def file_name(self) -> str:
        return f"{self.name}.csv"

    @property
    def needed(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.is_needed)


def wrong_pattern(cells: Cells) -> tuple[str, str] | None:
    """Of a rule that looks at ``match_field``."""
    field, pattern = cells["match_field"], cells.get("pattern", "")
    if field in NAME_FIELDS:
        return ("pattern", f"a regular expression of RE2: {words}") if (words := not_re2(pattern)) else None
    if field in LINK_FIELDS:
        return None if re.fullmatch(r"\*|[1-9]\d{0,17}", pattern) else ("pattern", "an id, or * for any")
    if field == "no_charge":
        return None if pattern in BOOLEAN else ("pattern", "true or false")
    return None if re.fullmatch(r"\d{0,18}", pattern) else ("pattern", "an id, or nothing for any")


def wrong_kind_rule(cells: Cells) -> tuple[str, str] | None:
    if cells.get("estimates_from") and cells["job_kind"] != "other":
        return "estimates_from", "nothing, for a rule whose job_kind is not other"
    return wrong_pattern(cells)


def wrong_state(cells: Cells) -> tuple[str, str] | None:
    filled = [name for name in ("flow_name", "reset_after_days") if cells.get(name)]
    return (filled[0], "nothing, for state 0") if float(cells["state"]) == 0 and filled else None


@cache
def not_re2(pattern: str) -> str | None:
    """What DuckDB, which searches with it, says against it."""
    import duckdb

    with duckdb.connect() as con:
        try:
            con.execute("select regexp_matches('', ?, 'i')", [pattern])
        except duckdb.Error as error:
            return str(error).split(": ", 1)[-1].splitlines()[0]
    return None


def shipped_rows(seed_name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{seed_name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def one_of(name: str, words: tuple[str, ...]) -> Column:
    return Column(name, " or ".join((", ".join(words[:-1]), words[-1])), "|".join(words))


def words_of(name: str, known: tuple[str, ...]) -> Column:
    one = f"({'|'.join(known)})"
    return Column(
        name, f"words of {', '.join(known)}, with spaces between, or nothing", f"{one}( +{one})*", is_needed=False
    )


def state(name: str) -> Column:
    return Column(name, "a number from 0 to 9.9 with one decimal at most", r"\d(\.\d)?")


TENANT = Column("tenant_id", "a tenant's id, or nothing for every tenant", r"[1-9]\d{0,17}", is_needed=False)
PATTERN = Column("pattern", "what the field must have", ".*", is_needed=False)
PRIORITY = Column("priority", "a whole number", r"-?\d{1,9}")
CUSTOMER_STATES = Seed(
    "customer_states",
    (
        TENANT,
        state("state"),
        Column("state_name", "a name", ".*"),
        Column("flow_name", "a flow's name, or nothing for none", ".*", is_needed=False),
        Column("reset_after_days", "days above 0, or nothing for never", r"[1-9]\d{0,8}", is_needed=False),
        Column("settle_minutes", "minutes, 0 or more, or nothing for 0", r"\d{1,6}", is_needed=False),
        words_of("suppressed_by", SUPPRESSIONS),
    ),
    key=("tenant_id", "state"),
    is_replaced=True,
    wrong=wrong_state,
)
JOB_KIND_RULES = Seed(
    "job_kind_rules",
    (
        TENANT,
        one_of("match_field", (*TYPE_FIELDS, *LINK_FIELDS, "no_charge")),
        PATTERN,
        one_of("job_kind", ("sales", "install", "other")),
        PRIORITY,
        Column("estimates_from", "an amount, or nothing", r"\d{1,18}(\.\d{1,9})?", is_needed=False),
    ),
    key=("tenant_id", "match_field", "pattern"),
    is_replaced=False,
    wrong=wrong_kind_rule,
)
CANCEL_REASON_RULES = Seed(
    "cancel_reason_rules",
    (TENANT, one_of("match_field", ("reason_id", "reason_name")), PATTERN, one_of("starts_flow", BOOLEAN), PRIORITY),
    key=("tenant_id", "match_field", "pattern"),
    is_replaced=False,
    wrong=wrong_pattern,
)
STATE_TRANSITION_RULES = Seed(
    "state_transition_rules",
    (
        state("from_state"),
        state("to_state"),
        one_of("rule", tuple(sorted({row["rule"] for row in shipped_rows("state_transition_rules")}))),
    ),
    key=("from_state", "to_state"),
    is_replaced=True,
)
SEEDS = (CUSTOMER_STATES, JOB_KIND_RULES, CANCEL_REASON_RULES, STATE_TRANSITION_RULES)
