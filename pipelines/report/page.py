"""One HTML page that opens from a file, with plotly.js beside it."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from pipelines.report.facts import ReportFacts
from pipelines.report.views import views

HERE = Path(__file__).parent


def library() -> str:
    """The name of the charting library's file; another one with each release."""
    return f"plotly-{version('plotly')}.min.js"


def render(facts: ReportFacts, last_syncs: Mapping[int, datetime], latest: bool) -> str:
    """The ``latest`` page also looks for what later syncs said that found nothing new."""
    page = Environment(loader=FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    page.filters |= {"moment": moment, "day": day, "count": count}
    page.policies["json.dumps_function"] = dumps
    return page.get_template("page.html").render(
        as_of=facts.as_of,
        states=facts.states,
        names={tenant.tenant_id: tenant.name for tenant in facts.tenants},
        views=views(facts, last_syncs),
        latest=latest,
        library=library(),
    )


def dumps(value: Any, **options: Any) -> str:
    return json.dumps(value, default=date.isoformat, separators=(",", ":"), **options)


def moment(value: datetime | None) -> str:
    return f"{value:%Y-%m-%d %H:%M} UTC" if value else ""


def day(value: datetime | None) -> str:
    return f"{value:%Y-%m-%d}" if value else ""


def count(value: int) -> str:
    return f"{value:,}"
