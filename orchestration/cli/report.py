"""`servicetitan-flow report`: the main figures of the console's page, in a terminal."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from orchestration.cli.table import print_table
from pipelines.settings import load_settings
from pipelines.tenants import directory

if TYPE_CHECKING:
    from pipelines.report.figures import Figures


@click.command("report")
@click.option("--tenant", "tenants", metavar="NAME", multiple=True, help="Only this one; may be repeated.")
@click.option("--weeks", type=click.IntRange(1, 104), default=13, show_default=True, help="Up to the present one.")
def report_command(tenants: tuple[str, ...], weeks: int) -> None:
    """How far came those who entered in the last weeks; mails and money per flow; where the page with all of it is."""
    from pipelines.analytics.published import NotPublished
    from pipelines.report.read import read_figures

    settings = load_settings()
    chosen = [directory.find(settings, name) for name in tenants] or directory.all(settings)
    try:
        figures = read_figures(settings.analytics, [one.id for one in chosen], weeks)
    except NotPublished as error:
        raise click.ClickException(str(error)) from error
    names = ", ".join(one.name for one in chosen)
    period = figures.period
    click.echo(f"{names}: {period.first} to {period.last}, as of {figures.as_of:%Y-%m-%d %H:%M} UTC\n")
    print_table([*funnel(figures)], none="nobody entered")
    click.echo()
    print_table([*flows(figures)], none="no mails, and nothing sold")
    if settings.console_url:
        click.echo(f"\n{settings.console_url}/console/report?weeks={weeks}")


def funnel(figures: "Figures") -> Iterator[Mapping[str, Any]]:
    for stage in figures.funnel:
        yield {
            "came at least to": stage.name,
            "customers": f"{stage.customers:,}",
            "of all": f"{stage.customers / figures.entered:.0%}",
            "still there": f"{stage.under_way:,}",
            "gone from there": f"{stage.gone:,}",
        }


def flows(figures: "Figures") -> Iterator[Mapping[str, Any]]:
    from pipelines.report.figures import BECAME

    for flow in figures.flows:
        became = {words: f"{flow.became.get(name, 0):,}" for name, words in BECAME.items()}
        yield {
            "flow": flow.name or "(no flow)",
            **became,
            "sales": f"{flow.sales:,}",
            "sold": f"{flow.sold_subtotal:,.0f}",
        }
