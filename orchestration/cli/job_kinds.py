"""What `check` says of the kinds of jobs: a table of bounded length for each tenant, what needs a look first."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import click

from orchestration.cli.table import print_table

MAX_LINES, SAMPLES, PATTERN_WIDTH, NAME_WIDTH = 17, 3, 24, 24
KINDS = """
    select
        kinds.tenant_name,
        kinds.job_kind,
        kinds.match_field,
        kinds.pattern,
        kinds.priority,
        kinds.origin,
        coalesce(kinds.job_type_name, cast(kinds.job_type_id as varchar), '(no job type)') as job_type,
        kinds.business_unit_id,
        kinds.jobs_last_90_days as jobs,
        coalesce(
            behaviour.is_known and behaviour.is_disagreement and kinds.job_kind = behaviour.job_kind, false
        ) as is_disagreement,
        coalesce(behaviour.is_known, true) as is_known,
        coalesce(behaviour.kind_by_behaviour, behaviour.type_kind_by_behaviour) as behaves_as
    from marts.job_kinds as kinds
    left join marts.job_kind_behaviour as behaviour
        on kinds.tenant_id = behaviour.tenant_id
        and kinds.job_type_id is not distinct from behaviour.job_type_id
        and kinds.business_unit_id is not distinct from behaviour.business_unit_id
        and kinds.priority = behaviour.priority
        and kinds.match_field = behaviour.match_field
        and kinds.pattern is not distinct from behaviour.pattern
        and kinds.rule_tenant_id is not distinct from behaviour.rule_tenant_id
        and kinds.origin = behaviour.origin
    order by kinds.tenant_name
"""


@dataclass(frozen=True)
class Taken:
    """Jobs of one job type and business unit that one rule took; ``jobs``: of the last 90 days."""

    tenant_name: str
    job_kind: str
    match_field: str
    pattern: str | None
    priority: int
    origin: str
    job_type: str
    business_unit_id: int | None
    jobs: int
    is_disagreement: bool
    is_known: bool
    behaves_as: str | None

    @property
    def rank_and_words(self) -> tuple[int, str]:
        """In which group of lines it stands, and on which line."""
        if self.is_disagreement:
            return 0, f"rules say {self.job_kind}, behaves as {self.behaves_as}"
        if not self.is_known:
            return 1, f"no rule knew, behaves as {self.behaves_as}" if self.behaves_as else "no rule knew"
        pattern = cut(self.pattern or "", PATTERN_WIDTH)
        return 2, f"{self.job_kind} by {self.priority} {self.match_field} {pattern}{' (yours)' * self.is_own}".strip()

    @property
    def is_own(self) -> bool:
        return self.origin != "shipped"


def show_job_kinds(analytics: Path) -> None:
    click.echo("\nWhich jobs of the last 90 days count as what; `servicetitan-flow rules` prints all rules")
    found = taken(analytics)
    if not found:
        click.echo("not known before the first sync")
    for tenant, rows in groupby(found, lambda one: one.tenant_name):
        show_tenant(tenant, list(rows))


def taken(analytics: Path) -> list[Taken]:
    """Nothing where nothing was published yet, or by an earlier release."""
    import duckdb

    from pipelines.analytics.published import published

    if not analytics.exists():
        return []
    with published(analytics) as con:
        try:
            return [Taken(*row) for row in con.execute(KINDS).fetchall()]
        except duckdb.CatalogException:
            return []


def show_tenant(tenant: str, rows: Sequence[Taken]) -> None:
    units = {one.business_unit_id for one in rows} - {None}
    types = {one.job_type for one in rows}
    click.echo(f"{tenant}: {sum(one.jobs for one in rows):,} jobs, {len(types):,} job types, {len(units):,} units")
    found = list(lines(rows))
    print_table(found[:MAX_LINES])
    if len(found) > MAX_LINES:
        click.echo(f"… and {len(found) - MAX_LINES} more: servicetitan-flow kinds propose {tenant}")
    elif any(one.is_disagreement or not one.is_known for one in rows):
        click.echo(f"more, and rows for your rules: servicetitan-flow kinds propose {tenant}")


def lines(rows: Iterable[Taken]) -> Iterator[Mapping[str, str]]:
    """What needs a look first, then what most jobs are."""
    grouped: defaultdict[tuple[int, str], list[Taken]] = defaultdict(list)
    for one in rows:
        grouped[one.rank_and_words].append(one)
    for (_, words), members in sorted(grouped.items(), key=lambda item: (item[0][0], -jobs_of(item[1]), item[0][1])):
        names = dict.fromkeys(one.job_type for one in sorted(members, key=lambda one: (-one.jobs, one.job_type)))
        yield {
            "what": words,
            "jobs": f"{jobs_of(members):,}",
            "job types": f"{len(names):,}",
            "such as": samples(list(names)),
        }


def jobs_of(members: Iterable[Taken]) -> int:
    return sum(one.jobs for one in members)


def samples(names: Sequence[str]) -> str:
    more = f", {len(names) - SAMPLES} more" if len(names) > SAMPLES else ""
    return ", ".join(cut(name, NAME_WIDTH) for name in names[:SAMPLES]) + more


def cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
