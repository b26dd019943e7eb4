"""Job types, business units and reasons of cancellations, a line each: what the rules in force say of it, what became
of its jobs, and what a person chose. What needs a look stands first."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pipelines.rules.behaviour import Behaviour, Reason
from pipelines.rules.choices import SAYS, Choice, said
from pipelines.rules.files import Row
from pipelines.rules.in_force import SHIPPED
from pipelines.rules.propose import grouped, kind_of_type, kind_of_unit, proposed
from pipelines.rules.seeds import CANCEL_REASON_RULES, JOB_KIND_RULES, NAME_FIELDS, Seed

FEW = 20  # jobs, from which nothing is read; as the macro kind_by_behaviour has it
MOST, HARDLY_ANY = 0.5, 0.1  # of canceled jobs whose customers book anew
MEANS = {"true": "starts the flow", "false": "starts no flow"}
FIELDS = {
    "job_type_id": "this job type",
    "job_type_name": "by the job type's name",
    "business_unit_id": "this unit",
    "business_unit_name": "by the unit's name",
    "recall_for_id": "recalls",
    "warranty_id": "under warranty",
    "created_from_estimate_id": "created from an estimate",
    "no_charge": "free of charge",
    "reason_id": "this reason",
    "reason_name": "by its name",
}


@dataclass(frozen=True)
class Line:
    """``by_rule``, ``behaves_as``: in words; None: the jobs do not tell. ``pattern``: that a name has to meet.
    ``chosen``: the row in a file that says so by id; ``is_taken_in``: the rules in force say the same;
    ``is_known_to_sync``: the last one has read the row."""

    field: str
    id: int
    name: str
    jobs: int
    by_rule: str
    rule: str
    behaves_as: str | None
    evidence: str
    is_disagreement: bool = False
    is_known: bool = True
    chosen: str | None = None
    is_taken_in: bool = True
    is_known_to_sync: bool = True
    pattern: str = ""

    @property
    def order(self) -> tuple[bool, bool, int, str]:
        return not self.is_disagreement, self.is_known, -self.jobs, self.name


def types(
    found: Sequence[Behaviour], tenant_id: int, own: Collection[Row], taken_in: Collection[Row] = ()
) -> list[Line]:
    rows = dict(grouped(found, "job_type_id"))
    made = [_of_jobs("job_type_id", one, some, some[0].type_words, kind_of_type(some)) for one, some in rows.items()]
    return _with_choices(made, "job_type_id", JOB_KIND_RULES, tenant_id, own, taken_in)


def units(
    found: Sequence[Behaviour], tenant_id: int, own: Collection[Row], taken_in: Collection[Row] = ()
) -> list[Line]:
    rows = dict(grouped(found, "business_unit_id"))
    made = [
        _of_jobs("business_unit_id", one, some, some[0].unit_words, kind_of_unit(some)) for one, some in rows.items()
    ]
    return _with_choices(made, "business_unit_id", JOB_KIND_RULES, tenant_id, own, taken_in)


def reasons(
    found: Sequence[Reason], tenant_id: int, own: Collection[Row], taken_in: Collection[Row] = ()
) -> list[Line]:
    made = [_of_reason(one, one.reason_id) for one in found if one.reason_id is not None]
    return _with_choices(made, "reason_id", CANCEL_REASON_RULES, tenant_id, own, taken_in)


def proposals(found: Sequence[Behaviour], tenant_id: int, own: Collection[Row]) -> list[tuple[Choice, str]]:
    """That nobody has chosen otherwise yet, each in words."""
    known = said(JOB_KIND_RULES, tenant_id, own)
    names = {("job_type_id", one.job_type_id): one.type_words for one in found}
    names |= {("business_unit_id", one.business_unit_id): one.unit_words for one in found}
    choices = [Choice(row["match_field"], int(row["pattern"]), row["job_kind"]) for row in proposed(found)]
    return [(one, f"{names[one.field, one.id]}: {one.says}") for one in choices if (one.field, one.id) not in known]


def _of_jobs(field: str, number: int, rows: Sequence[Behaviour], name: str, kind: str | None) -> Line:
    jobs: dict[str, int] = {}
    for one in rows:
        jobs[one.job_kind] = jobs.get(one.job_kind, 0) + one.jobs
    first = rows[0]
    return Line(
        field,
        number,
        name,
        sum(jobs.values()),
        ", ".join(sorted(jobs, key=lambda one: -jobs[one])),
        _rule(field, first.match_field, first.origin) if first.is_known else "no rule knew it",
        kind,
        ", ".join(_shares(rows)),
        is_disagreement=any(one.is_known and one.is_disagreement for one in rows),
        is_known=any(one.is_known for one in rows),
        pattern=_pattern(first.match_field, first.pattern) if first.is_known else "",
    )


def _shares(rows: Sequence[Behaviour]) -> Iterator[str]:
    """Of all these jobs, each row counted by its own."""
    jobs = sum(one.jobs for one in rows)
    words = {
        "share_from_estimate": "from an estimate",
        "share_with_estimates": "with estimates",
        "share_that_became_another": "became another job",
        "share_free": "free of charge",
    }
    for name, say in words.items():
        share = sum((getattr(one, name) or 0.0) * one.jobs for one in rows) / jobs if jobs else 0.0
        if share >= 0.005:
            yield f"{share:.0%} {say}"
    if call_backs := sum(one.recall_jobs + one.warranty_jobs for one in rows):
        yield f"{call_backs / jobs:.0%} call-backs"


def _of_reason(one: Reason, number: int) -> Line:
    share = one.share_booked_anew
    behaves = None
    if share is not None and one.jobs >= FEW and not HARDLY_ANY < share < MOST:
        behaves = str(share <= HARDLY_ANY).lower()
    rule = _rule("reason_id", one.match_field, one.origin)
    by_rule = str(one.starts_flow).lower()
    return Line(
        "reason_id",
        number,
        one.reason_name or str(number),
        one.jobs,
        MEANS[by_rule],
        rule if one.pattern else "no rule knew it",
        behaves and MEANS[behaves],
        "" if share is None else f"{share:.0%} booked anew within two weeks",
        is_disagreement=behaves == "false" and one.starts_flow,
        is_known=bool(one.pattern),
        pattern=_pattern(one.match_field, one.pattern),
    )


def _rule(field: str, matches: str, origin: str) -> str:
    """``field``: what the line is of."""
    is_its_own = matches == field.replace("_id", "_name")
    return f"{'by its name' if is_its_own else FIELDS[matches]} ({'shipped' if origin == SHIPPED else 'yours'})"


def _pattern(matches: str, pattern: str | None) -> str:
    return (pattern or "") if matches in NAME_FIELDS else ""


def _with_choices(
    made: Sequence[Line], field: str, seed: Seed, tenant_id: int, own: Collection[Row], taken_in: Collection[Row]
) -> list[Line]:
    """Also of what is chosen and has no jobs any more."""
    known: Mapping[int, Row] = {one: row for (name, one), row in said(seed, tenant_id, own).items() if name == field}
    lines, before = {one.id: one for one in made}, said(seed, tenant_id, taken_in)
    for one in known.keys() - lines.keys():
        lines[one] = Line(field, one, str(one), 0, "", "", None, "")
    found = [_chosen(line, known.get(line.id), before.get((field, line.id)), seed) for line in lines.values()]
    return sorted(found, key=lambda one: one.order)


def _chosen(line: Line, row: Row | None, before: Row | None, seed: Seed) -> Line:
    """``before``: as the last sync had it."""
    if row is None:
        return line
    says = row.cells[SAYS[seed.name]]
    words = MEANS.get(says, says)
    return replace(
        line,
        chosen=words,
        is_taken_in=line.by_rule == words or not line.jobs,
        is_known_to_sync=before is not None and before.cells[SAYS[seed.name]] == says,
    )
