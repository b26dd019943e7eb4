"""Rules that keep a mail from being wrong, each switched off: of one tenant's own rules, or in the source."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pipelines.rules.seeds import shipped_rows
from tests.flow_builder.simulation.product import Mutant
from tests.simulator.flow_builder.causes import Cause
from tests.simulator.flow_builder.flows import Manner
from tests.simulator.office import stories as s
from tests.simulator.office import turns as t
from tests.simulator.office import works as w
from tests.simulator.office.stories import Story

Row = dict[str, str]


@dataclass(frozen=True)
class WithoutWord:
    """``suppressed_by`` of every state without this word."""

    word: str
    cause: Cause

    def files(self, tenant_id: int) -> Iterator[tuple[str, list[Row]]]:
        rows = [row for row in shipped_rows("customer_states") if self.word in row["suppressed_by"].split()]
        yield "customer_states", [own(row, tenant_id, suppressed_by=self.left(row)) for row in rows]

    def left(self, row: Row) -> str:
        return " ".join(word for word in row["suppressed_by"].split() if word != self.word)


@dataclass(frozen=True)
class WithoutSettling:
    word: str = "settling"
    cause: Cause = Cause.TOO_SOON

    def files(self, tenant_id: int) -> Iterator[tuple[str, list[Row]]]:
        rows = [row for row in shipped_rows("customer_states") if row["settle_minutes"] != "0"]
        yield "customer_states", [own(row, tenant_id, settle_minutes="0") for row in rows]


@dataclass(frozen=True)
class WithRepairs:
    """What only mends something counts as a sale."""

    word: str = "repairs"
    cause: Cause = Cause.NOT_THAT_KIND

    def files(self, tenant_id: int) -> Iterator[tuple[str, list[Row]]]:
        names = {"match_field": "job_type_name", "pattern": "repair|check|follow|phone", "estimates_from": ""}
        yield "job_kind_rules", [own(names, tenant_id, job_kind="sales", priority="-1")]


def own(row: Row, tenant_id: int, **changes: str) -> Row:
    return {"tenant_id": str(tenant_id)} | row | {"tenant_id": str(tenant_id)} | changes


class OwnRules(Protocol):
    """A tenant's own, with which the judge counts the ``cause``."""

    @property
    def word(self) -> str: ...
    @property
    def cause(self) -> Cause: ...
    def files(self, tenant_id: int) -> Iterator[tuple[str, list[Row]]]: ...


# Those in which each of the rules has something to do.
STORIES: dict[Story, int] = {
    **{t.has_enough: 24, t.moved_again_and_again: 3, t.changes_the_hour: 3, t.canceled_for_nothing: 3},
    **{t.entered_afterwards_and_given_a_day: 5, t.sold_at_the_table: 3, s.canceled: 3, s.canceled_at_the_door: 3},
    **{s.entered_twice: 4, s.entered_afterwards: 3, s.booked_on_the_double: 3, s.taken_back: 2, s.no_sale: 2},
    **{w.service: 4},
}
BY_RULES: tuple[OwnRules, ...] = (
    WithoutWord("past", Cause.VISIT_OVER),
    WithoutWord("over", Cause.VISITED),
    WithoutWord("twice", Cause.ENTERED_TWICE),
    WithoutWord("converted", Cause.LEAD_CLOSED),
    WithoutWord("do_not_service", Cause.DO_NOT_SERVICE),
    WithoutWord("do_not_mail", Cause.DO_NOT_MAIL),
    WithoutWord("marketing_opt_out", Cause.OPTED_OUT),
    WithoutWord("cancel_reason", Cause.NO_LOSS),
    WithoutSettling(),
    WithRepairs(),
)


def write_rules(folder: Path, tenants: Iterable[int]) -> Path:
    """One tenant for each of `BY_RULES`."""
    files: dict[str, list[Row]] = {}
    for rule, tenant_id in zip(BY_RULES, tenants, strict=True):
        for name, rows in rule.files(tenant_id):
            files.setdefault(name, []).extend(rows)
    folder.mkdir(parents=True)
    for name, rows in files.items():
        with (folder / f"{name}.csv").open("w", newline="") as file:
            table = csv.DictWriter(file, fieldnames=list(rows[0]))
            table.writeheader()
            table.writerows(rows)
    return folder


@dataclass(frozen=True)
class InTheSource:
    """``causes``: any of them is counted; without causes mails are missing."""

    mutant: Mutant
    manner: Manner
    causes: frozenset[Cause] = frozenset()


def broken(rule: str, manner: Manner, module: str, source: str, instead: str, *causes: Cause) -> InTheSource:
    return InTheSource(Mutant(rule, module, source, instead), manner, frozenset(causes))


IN_THE_SOURCE = (
    broken(
        *("what is told ends what was left", Manner.HEEDING, "runs"),
        *("if not run.has_ended and self.why(run, rows)][::-1])", "if False][::-1])"),
        *(Cause.LEAD_CLOSED, Cause.MOVED_ON, Cause.ALREADY_SOLD),
    ),
    broken(
        *("what must end is corrected", Manner.HEEDING, "corrections"),
        *("if not (differs or any(", "if not (False and any("),
        *(Cause.DO_NOT_MAIL, Cause.DO_NOT_SERVICE, Cause.OPTED_OUT, Cause.INACTIVE),
    ),
    broken(
        *("a flow ends with its customer", Manner.HEEDING, "runs"),
        *("if not self.customer.is_active:", "if False:"),
        Cause.INACTIVE,
    ),
    broken(
        *("a visit that moves is told", Manner.HEEDING, "policy"),
        *("if row := moved(self.outlook, transition, self.rows, self.rows):", "if row := None:"),
        Cause.VISIT_MOVED,
    ),
    broken(
        *("what waits is kept true", Manner.ASKING, "policy"),
        *(
            "self.rows[i] = written(self.outlook, row, transition, earlier, why)",
            "self.rows[i] = replace(row, settles_at=None)",
        ),
        *(Cause.REBOOKED, Cause.NOT_CANCELED, Cause.ALREADY_SOLD, Cause.TOO_SOON),
    ),
    broken(
        *("a booking that is given a day is told again", Manner.ASKING, "policy"),
        *("or self.was_given_a_day(transition)", "or False"),
    ),
    broken(
        *("the gate says no", Manner.ASKING, "gate"),
        *("may_send=not reasons", "may_send=judged.data() is not None"),
        *(Cause.VISIT_OVER, Cause.LEAD_CLOSED),
    ),
    broken(
        *("the gate says what is true now", Manner.HEEDING, "contact_choice"),
        *("if address := readable_email(email.value):", "if address := email.value:"),
        Cause.UNREADABLE,
    ),
)
