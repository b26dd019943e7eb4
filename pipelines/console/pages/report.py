"""How far customers come, where they stand and for how long, mails and money."""

from dataclasses import asdict
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from pipelines.analytics.published import NotPublished
from pipelines.console.context import Here
from pipelines.console.guard import Visitor
from pipelines.console.rendering import render, shared_zone
from pipelines.report.charts import AGES, ages, charts
from pipelines.report.figures import BECAME
from pipelines.report.read import read_figures

router = APIRouter()
CHOICES = (4, 13, 26, 52)
Weeks = Annotated[int, Query(ge=1, le=104)]


@router.get("/console/report")
def show(
    request: Request, console: Here, session: Visitor, tenant: str = "", weeks: Weeks = 13, until: str = ""
) -> Response:
    shown = [console.tenant(session, tenant)] if tenant else console.tenants(session)
    day = last_day(until)
    try:
        figures = read_figures(console.settings.analytics, [one.id for one in shown], weeks, day)
    except NotPublished as error:
        return render(request, "report_missing.html", why=str(error))
    drawn = charts(figures)
    return render(
        request,
        "report.html",
        figures=figures,
        charts=drawn,
        data=[asdict(chart) for chart in drawn.values()],
        names={one.id: one.name for one in shown},
        zones={one.id: one.timezone for one in shown},
        zone=shared_zone(shown),
        until=day.isoformat() if day else "",
        became=BECAME,
        ages=AGES,
        by_age=ages,
        tenant=tenant,
        weeks=weeks,
        choices=sorted({*CHOICES, weeks}),
    )


def last_day(until: str) -> date | None:
    """None for what is no day of these centuries, as an empty field is."""
    try:
        day = date.fromisoformat(until)
    except ValueError:
        return None
    return day if 2000 <= day.year < 2100 else None
