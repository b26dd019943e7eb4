"""One page per publication, and the latest of them under a name that stays."""

from datetime import datetime
from importlib.resources import files
from pathlib import Path

from pipelines.analytics.published import NotPublished
from pipelines.report.facts import read_facts
from pipelines.report.folder import LATEST, put, put_last_syncs, reports
from pipelines.report.page import library, render
from pipelines.servicetitan.sync_status import last_complete
from pipelines.settings import Settings
from pipelines.tenants import directory

MAX_PAGES = 50
PAGES = "report-*.html"


def write_report(settings: Settings, now: datetime) -> Path:
    """Makes the page of what is published, and returns the path under which the newest is always found.

    Raises `pipelines.analytics.published.NotPublished`.
    """
    if not settings.analytics.exists():
        raise NotPublished(f"{settings.analytics} is not there: it is published by the first sync")
    folder = reports(settings)
    folder.mkdir(parents=True, exist_ok=True)
    facts = read_facts(settings.analytics, {tenant.id: tenant.name for tenant in directory.all(settings)})
    last_syncs = last_complete(settings.operations)
    put_library(folder)
    put(folder / f"report-{now:%Y-%m-%dT%H-%M-%SZ}.html", render(facts, last_syncs, latest=False))
    put_last_syncs(folder, last_syncs)
    put(folder / LATEST, render(facts, last_syncs, latest=True))
    forget_old(folder)
    return folder / LATEST


def put_library(folder: Path) -> None:
    if not (folder / library()).exists():
        script = files("plotly") / "package_data" / "plotly.min.js"
        put(folder / library(), script.read_text(encoding="utf-8"))


def forget_old(folder: Path) -> None:
    """Keeps the newest pages, and the libraries that they need."""
    pages = sorted(folder.glob(PAGES))
    for page in pages[:-MAX_PAGES]:
        page.unlink(missing_ok=True)
    libraries = list(folder.glob("plotly-*.min.js"))
    if len(libraries) > 1:
        kept = "".join(page.read_text(encoding="utf-8") for page in [*pages[-MAX_PAGES:], folder / LATEST])
        for one in libraries:
            if one.name not in kept:
                one.unlink()
