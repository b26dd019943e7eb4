"""`servicetitan-flow kinds`: the kinds of jobs, from what became of them."""

import csv
import io
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestration.cli.table import print_table
from pipelines.settings import Settings, load_settings
from pipelines.tenants import directory

if TYPE_CHECKING:
    from pipelines.rules.behaviour import Behaviour
    from pipelines.rules.files import Row
    from pipelines.rules.seeds import Cells

NOT_ENOUGH = "not enough evidence"
SHARES = {
    "from estimate": "share_from_estimate",
    "after sale": "share_after_sale",
    "estimates": "share_with_estimates",
    "became job": "share_that_became_another",
    "free": "share_free",
}


@click.group()
def kinds() -> None:
    """Which jobs are sales jobs, and which are installs."""


@kinds.command()
@click.argument("tenant")
def propose(tenant: str) -> None:
    """What job types are by the rules, and by what became of their jobs; and rows for RULES_DIR/job_kind_rules.csv.

    From the last published sync. Nothing is changed.
    """
    from pipelines.analytics.job_kinds import behaviours
    from pipelines.rules.propose import proposed

    settings = load_settings()
    chosen = directory.find(settings, tenant)
    found = list(behaviours(settings.analytics, chosen.id))
    if not found:
        raise click.ClickException(f"no job of {chosen.name} was in the last published sync; `servicetitan-flow sync`")
    show(chosen.name, found)
    show_rows(proposed(found), own_rows(settings), settings.rules)


def own_rows(settings: Settings) -> list["Row"]:
    from pipelines.rules.files import RulesError, read_rules
    from pipelines.rules.seeds import JOB_KIND_RULES

    try:
        return [row for row in read_rules(settings.rules) if row.seed is JOB_KIND_RULES]
    except RulesError as error:
        raise click.ClickException(str(error)) from None


def show(name: str, found: Sequence["Behaviour"]) -> None:
    """Disagreement first, then what no rule knew, then totals."""
    disagreeing = [one for one in found if one.is_known and one.is_disagreement]
    unknown = sorted((one for one in found if not one.is_known), key=lambda one: not one.is_disagreement)
    click.echo(f"{name}: where a rule says one kind, and what became of the jobs another")
    print_table(list(lines(disagreeing)), none="nowhere")
    click.echo("\nWhat no rule knew, so that it is other for want of a better one")
    print_table(list(lines(unknown)), none="nothing")
    click.echo("\nAll job types by the kind that the rules give them")
    print_table(list(totals(found)))


def lines(found: Iterable["Behaviour"]) -> Iterator[dict[str, str]]:
    for one in found:
        call_backs = one.recall_jobs + one.warranty_jobs
        yield {
            "job type": one.type_words,
            "unit": one.unit_words,
            "jobs": f"{one.jobs:,}",
            "rule says": one.job_kind if one.is_known else "",
            "rule": f"{one.priority} {one.match_field}" if one.is_known else "",
            "behaves as": one.behaves_as or NOT_ENOUGH,
            **{heading: percent(getattr(one, column)) for heading, column in SHARES.items()},
            "call-backs": percent(call_backs / one.jobs),
        }


def percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


def totals(found: Collection["Behaviour"]) -> Iterator[dict[str, str]]:
    for kind in ("sales", "install", "other"):
        rows = [one for one in found if one.job_kind == kind]
        jobs: Counter[str] = Counter()
        for one in rows:
            jobs[verdict(one)] += one.jobs
        yield {
            "kind": kind,
            "job types": f"{len({one.job_type_id for one in rows}):,}",
            "jobs": f"{sum(one.jobs for one in rows):,}",
            **{name: f"{jobs[name]:,}" for name in ("behave so", "behave otherwise", NOT_ENOUGH, "no rule knew")},
        }


def verdict(one: "Behaviour") -> str:
    if not one.is_known:
        return "no rule knew"
    if one.behaves_as is None:
        return NOT_ENOUGH
    return "behave otherwise" if one.is_disagreement else "behave so"


def show_rows(rows: Sequence["Cells"], own: Iterable["Row"], folder: Path) -> None:
    """Of what has a row in the file already, only what that would have to say: no two rows may have one key."""
    from pipelines.rules.files import key_of
    from pipelines.rules.seeds import JOB_KIND_RULES

    file, there = folder / JOB_KIND_RULES.file_name, {row.key: row for row in own}
    new = [cells for cells in rows if key_of(JOB_KIND_RULES, cells) not in there]
    for cells in rows:
        if found := there.get(key_of(JOB_KIND_RULES, cells)):
            click.echo(f"\n{found.place}: expected job_kind {cells['job_kind']}, priority {cells['priority']}")
    if not new:
        click.echo(f"\nNo row to add to {file}")
        return
    click.echo(f"\nRows for {file}; they count with the next sync, and `servicetitan-flow check` shows them")
    text = io.StringIO()
    writer = csv.DictWriter(text, [column.name for column in JOB_KIND_RULES.columns], lineterminator="\n")
    writer.writeheader()
    writer.writerows(new)
    click.echo(text.getvalue(), nl=False)
