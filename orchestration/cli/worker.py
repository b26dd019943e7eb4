"""`servicetitan-flow deliver --watch`: what a worker says, each trouble once, and its end."""

from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from orchestration.cli.endpoint import say_endpoint, say_wait
from orchestration.cli.processes import asked_to_end
from pipelines.operations import OperationsError
from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.flow_builder.dispatcher import Delivered

NOWHERE = "FLOW_BUILDER_TRIGGER_URL is not set: there is nowhere to post to; set it, then start this again"
AGAIN = ", then run this again"  # of whoever does not wait


def work(settings: Settings) -> None:
    """Until SIGTERM or SIGINT."""
    if not settings.flow_builder_trigger_url:
        raise click.ClickException(NOWHERE)
    from pipelines.flow_builder.watch import watch

    with asked_to_end() as is_over:
        worker = Worker(settings)
        for news in watch(settings, lambda: datetime.now(UTC), is_over):
            worker.tell(news)


class Worker:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.waits = self.is_down = False
        click.echo(f"deliver: posts what becomes due in {settings.operations}")

    def tell(self, news: "Delivered | OperationsError") -> None:
        if isinstance(news, OperationsError):
            if not self.waits:
                click.echo(f"waiting: {news}".replace(AGAIN, ""), err=True)
            self.waits = True
            return
        if self.waits:
            click.echo("goes on: what the messages are kept in can be used again", err=True)
        self.waits = False
        self.tell_counts(news)

    def tell_counts(self, done: "Delivered") -> None:
        counted = [f"{value} {name}" for name, value in asdict(done).items() if type(value) is int and value]
        if not counted:
            return
        click.echo(f"deliver: {', '.join(counted)}")
        say_wait(done)
        if done.down and not self.is_down:
            with suppress(OperationsError):  # the next look tells it
                say_endpoint(self.settings)
        elif self.is_down and not done.down:
            click.echo("the endpoint answers again", err=True)
        self.is_down = done.down
