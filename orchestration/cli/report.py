"""`servicetitan-flow report`: the page once more, of what is published."""

from datetime import UTC, datetime

import click

from pipelines.settings import load_settings


@click.command("report")
def report_command() -> None:
    """Make the report anew, and print where it is."""
    from pipelines.report.write import write_report

    click.echo(write_report(load_settings(), datetime.now(UTC)))
