"""`servicetitan-flow rehearse`: what would be mailed, before anybody is."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING

import click

from orchestration.cli.table import print_table
from pipelines.settings import load_settings

if TYPE_CHECKING:
    from pipelines.rehearsal.rehearse import Step

FILE = click.Path(path_type=Path)


@click.command()
@click.argument("tenant")
@click.option("--days", type=click.IntRange(1, 365), default=30, show_default=True, help="How far back to begin.")
@click.option("--rules", type=FILE, metavar="FILE", help="A preview: in place of the one of its name in RULES_DIR.")
@click.option("--csv", "table", type=FILE, metavar="FILE", help="Write every mail, started or withheld, there.")
@click.option("--wait", default=60.0, show_default=True, metavar="SECONDS", help="For a sync that is running.")
def rehearse(tenant: str, days: int, rules: Path | None, table: Path | None, wait: float) -> None:
    """What TENANT would have mailed in the last days, had it been live with a sync a day. Sends nothing.

    Works on a copy of the warehouse, and keeps what it found for 30 days.
    """
    settings = load_settings()
    from orchestration.rehearsal import RehearsalConfig, rehearsed
    from pipelines.rehearsal.summary import summary

    text = {name: str(path) if path else None for name, path in (("rules", rules), ("csv", table))}
    config = RehearsalConfig(tenant=tenant, days=days, wait_seconds=wait, **text)
    with progress() as show:
        kept = rehearsed(settings, config, show)
    found = summary(kept.found, settings.flow_builder_hold_above)
    click.echo(found.title)
    print_table(found.flows, none="no mail, started or withheld")
    for line in found.lines:
        click.echo(click.wrap_text(line, get_terminal_size().columns, preserve_paragraphs=False))
    if table:
        click.echo(f"Every mail stands in {table}.")
    click.echo(f"Kept as rehearsal {kept.number} for 30 days. Nothing was sent, and nothing else was changed.")


@contextmanager
def progress() -> "Iterator[Callable[[Step], None]]":
    """A line that is written anew on a terminal, and a line a day elsewhere."""
    if not os.isatty(2):
        yield lambda step: click.echo(str(step), err=True)
        return
    from rich.console import Console

    console = Console(stderr=True)
    with console.status("copying the warehouse") as status:
        yield lambda step: status.update(str(step))
