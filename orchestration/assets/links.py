"""From Dagster to the console's pages, as metadata."""

from collections.abc import Mapping

import dagster as dg

from pipelines.links import Page, console_link
from pipelines.settings import Settings

CONSOLE = "console"


def in_console(settings: Settings, page: Page | None) -> Mapping[str, dg.UrlMetadataValue]:
    """None where CONSOLE_URL is not set, or no page speaks of it."""
    link = console_link(settings.console_url, page) if page else None
    return {CONSOLE: dg.MetadataValue.url(link)} if link else {}
