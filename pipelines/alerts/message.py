"""The words of an announcement."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pipelines.alerts.alert import Event, Notification
from pipelines.links import Page, console_link, run_link

MARKS = {Event.FIRING: "🔴", Event.RESOLVED: "🟢"}
MAX_CHARACTERS = 500  # characters of one alert
# By the alert's key: where a person decides, or sees more of it.
PAGES = {
    r"held .*|dead|overdue|endpoint|paused .*|stale .*|unread .*": Page.OVERVIEW,
    r"check actions/inbound_leads .*": Page.LEADS,
}


@dataclass(frozen=True, slots=True)
class Message:
    subject: str
    text: str


TEST = Message(
    "servicetitan-flow: a test", "This is a test of servicetitan-flow's alerts. Nothing is wrong, and nothing is to do."
)


def message(notifications: Sequence[Notification], dagster_url: str | None = None, console_url: str = "") -> Message:
    """``dagster_url``: where the runs can be seen, if that is known; ``console_url``: where the console is."""
    paragraphs = [_paragraph(one, dagster_url, console_url) for one in notifications]
    return Message(f"servicetitan-flow: {_gist(notifications)}", "\n\n".join(paragraphs))


def _gist(notifications: Sequence[Notification]) -> str:
    if len(notifications) == 1:
        [one] = notifications
        return f"{'over: ' * (one.event == 'over')}{_short(one.alert.what)}"
    over = sum(one.event == Event.RESOLVED for one in notifications)
    counts = {f"{len(notifications) - over} new": len(notifications) - over, f"{over} over": over}
    return ", ".join(words for words, count in counts.items() if count)


def _paragraph(one: Notification, dagster_url: str | None, console_url: str) -> str:
    alert, mark = one.alert, MARKS[one.event]
    if one.event == Event.RESOLVED:
        return f"{mark} over: {_short(alert.what)}\nfrom {when(alert.since)} to {when(one.until or alert.since)}"
    lines = [f"{mark} {_short(alert.what)}", f"since {when(alert.since)}", f"what to do: {alert.what_to_do}"]
    if dagster_url and alert.run_id:
        lines.append(f"run: {run_link(dagster_url, alert.run_id)}")
    if (page := page_of(one.key)) and (link := console_link(console_url, page)):
        lines.append(f"console: {link}")
    return "\n".join(lines)


def page_of(key: str) -> Page | None:
    return next((page for pattern, page in PAGES.items() if re.fullmatch(pattern, key)), None)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MAX_CHARACTERS else f"{line[: MAX_CHARACTERS - 1]}…"


def when(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
