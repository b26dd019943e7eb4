"""`servicetitan-flow check`: what works, what is missing, and which jobs count as what."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from orchestration.cli.job_kinds import show_job_kinds
from orchestration.cli.lake import check_lake
from orchestration.cli.table import print_table
from orchestration.cli.tenants import say_switches
from orchestration.cli.unmailed import show_unmailed
from pipelines.settings import Settings, load_settings
from pipelines.tenants import directory

if TYPE_CHECKING:
    from pipelines.servicetitan.access_check import StreamAccess
    from pipelines.servicetitan.pages import Bookmarks

NO_ACTIONS = "only a note: ACTIONS_TOKENS is not set, and the actions API does not run"


@click.command()
def check() -> None:
    """Per tenant: the token, the next page of every stream, the scopes of the actions, and which rule took which jobs.

    Exit status 1 if anything does not work.
    """
    settings = load_settings()
    directory.at_least_one(settings)
    directory.check_lead_sources(settings)
    bookmarks, aside, bookings = from_the_warehouse(settings)
    streams = check_streams(settings, bookmarks)
    nothing_aside = check_set_aside(aside)
    scopes = check_scopes(settings)
    show_job_kinds(settings.analytics)
    show_unmailed(settings.analytics, directory.all(settings), bookings)
    sound = check_rules(settings.rules)
    say_switches(settings)
    lake = check_lake(settings)
    if not (streams and nothing_aside and sound and lake and (scopes or not settings.actions_tokens)):
        raise SystemExit(1)


def check_streams(settings: Settings, bookmarks: "Bookmarks") -> bool:
    from pipelines.servicetitan.access_check import check_access

    answers = list(check_access(settings, bookmarks=bookmarks))
    print_table(
        [
            {
                "tenant": answer.tenant_name,
                "stream": answer.stream or "token",
                "works": works(answer),
                "missing scope": answer.missing_scope,
                "what was found": "; ".join(filter(None, (answer.problem, answer.warning))),
            }
            for answer in answers
        ]
    )
    return not any(answer.problem for answer in answers)


def works(answer: "StreamAccess") -> str:
    if answer.absent:
        return "not there"
    return "in part" if answer.rejected else "no" if answer.problem else "yes"


def check_rules(folder: Path) -> bool:
    from pipelines.rules.files import RulesError, read_rules

    try:
        read_rules(folder)
    except RulesError as error:
        click.echo(f"\nRules that stop the next sync:\n{error}")
        return False
    return True


def check_set_aside(aside: dict[str, str]) -> bool:
    for place, records in aside.items():
        click.echo(f"{place}: set aside, and not read since: {records}")
    return not aside


def check_scopes(settings: Settings) -> bool:
    """A missing one is named; what nobody says is no failure, nor is one that actions work without."""
    from pipelines.actions.scopes import check_scopes

    found = list(check_scopes(settings))
    click.echo("\nScopes of the actions API" + ("" if settings.actions_tokens else f" ({NO_ACTIONS})"))
    print_table(
        [
            {
                "tenant": scope.tenant_name,
                "scope": scope.name,
                "state": f"{scope.state} (optional)" if scope.optional else scope.state,
                "what was found": scope.problem,
            }
            for scope in found
        ],
        none="not known without a token",
    )
    return all(scope.optional or scope.state in ("granted", "unknown") for scope in found)


class Loaded(NamedTuple):
    """Where the next sync goes on, what is set aside, and by tenant how many bookings of ours became nothing."""

    bookmarks: "Bookmarks"
    aside: dict[str, str]
    bookings: dict[int, int]


def from_the_warehouse(settings: Settings) -> Loaded:
    """Nothing, and a word of it, while a sync has the warehouse."""
    from orchestration.locks import AnotherSyncIsRunning, exclusive
    from pipelines.actions.crm.bookings_made import bookings_made
    from pipelines.servicetitan.became_of_bookings import became_nothing
    from pipelines.servicetitan.load.sync_log import read_bookmarks
    from pipelines.servicetitan.set_aside import by_place, named

    if not settings.warehouse.exists():
        return Loaded({}, {}, {})
    try:
        with exclusive(settings, wait_seconds=0):
            aside = by_place(settings, datetime.now(UTC))
            made = bookings_made(settings.operations, before=datetime.now(UTC) - timedelta(days=1))
            return Loaded(
                read_bookmarks(settings.warehouse).bookmarks,
                {place: named(records) for place, records in aside.items()},
                became_nothing(settings.warehouse, made) if made else {},
            )
    except AnotherSyncIsRunning:
        click.echo(
            "a sync is running: streams are read from their beginning; what is set aside, and what became of bookings,"
            " is not known"
        )
        return Loaded({}, {}, {})
