"""Long work shows itself: a table on a terminal, lines in a run's log."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from logging import Logger
from typing import TYPE_CHECKING

import dagster as dg

from orchestration.assets.checks import GOES_ON

if TYPE_CHECKING:
    from rich.table import Table

    from pipelines.servicetitan.progress import StreamSync

Show = Callable[["StreamSync"], None]
LINE_INTERVAL = 10.0  # seconds, per stream and tenant


class ProgressLog(dg.ConfigurableResource):  # type: ignore[type-arg]
    """``terminal``: for a person who waits in front of it."""

    terminal: bool = False

    @contextmanager
    def shown(self, log: Logger) -> Iterator[Show]:
        if self.terminal:
            with on_terminal() as show:
                yield show
        else:
            yield in_log(log)


def in_log(log: Logger) -> Show:
    """A line when a stream ends, and every ten seconds while it is read."""
    last_line: dict[tuple[str, str], float] = {}

    def show(sync: "StreamSync") -> None:
        key = (sync.tenant_name, sync.stream)
        now = time.monotonic()
        if sync.ended_at or now - last_line.setdefault(key, now) > LINE_INTERVAL:
            last_line[key] = now
            log.info(f"{sync.tenant_name} {sync.stream}: {sync.rows:,} rows, {sync.pages} pages, {state(sync)}")

    return show


@contextmanager
def on_terminal() -> Iterator[Show]:
    from rich.console import Console
    from rich.live import Live

    syncs: dict[tuple[str, str], StreamSync] = {}
    began = time.monotonic()
    with Live(console=Console(stderr=True), transient=True, get_renderable=lambda: table(syncs, began)):
        yield lambda sync: syncs.__setitem__((sync.tenant_name, sync.stream), sync)


def table(syncs: "dict[tuple[str, str], StreamSync]", began: float) -> "Table":
    from rich.table import Table

    seconds = max(time.monotonic() - began, 0.001)
    rows = sum(sync.rows for sync in syncs.values())
    shown = Table(title=f"{rows:,} rows in {seconds:.0f} s, {rows / seconds:,.0f} a second", title_justify="left")
    for heading, justify in (
        ("tenant", "left"),
        ("stream", "left"),
        ("rows", "right"),
        ("pages", "right"),
        ("", "left"),
    ):
        shown.add_column(heading, justify=justify)  # type: ignore[arg-type]
    for (tenant, stream), sync in sorted(syncs.items()):
        shown.add_row(tenant, stream, f"{sync.rows:,}", str(sync.pages), state(sync))
    return shown


def state(sync: "StreamSync") -> str:
    if sync.ended_at is None:
        return "…"
    if sync.goes_on:
        return GOES_ON
    return f"done in {sync.seconds:.1f} s" if sync.complete else str(sync.error)
