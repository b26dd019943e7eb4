"""`servicetitan-flow lake-maintain`, and what `check` and `sync` say of the lake."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from pipelines.settings import Settings, load_settings

if TYPE_CHECKING:
    import dagster as dg


@click.command("lake-maintain")
def lake_maintain() -> None:
    """Forget what the lake's people cannot look back to any more, and put small files together.

    Snapshots go after 7 days, and files that nothing names any more after a day. Publications and readers go on.
    """
    from pipelines.analytics.lake.run import maintain

    done = maintain(load_settings()) or {}
    click.echo("lake-maintain: " + ", ".join(f"{count} {what}" for what, count in done.items()))


def check_lake(settings: Settings) -> bool:
    """Nothing where no lake is set."""
    if not settings.lake_catalog_url:
        return True
    from pipelines.analytics.lake.run import LakeError, look

    try:
        click.echo(f"\nThe lake answers: {look(settings)}")
    except LakeError as error:
        click.echo(f"\nThe lake does not answer: {error}")
        return False
    return True


def unpublished(result: "dg.ExecuteInProcessResult") -> Iterator[str]:
    """A line where the lake was not published."""
    from orchestration.assets.checks import LAKE_CHECK

    for one in result.get_asset_check_evaluations():
        if one.check_name == LAKE_CHECK.name and not one.passed:
            yield f"lake: not published: {one.metadata['because'].value}"
