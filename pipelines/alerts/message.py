"""The words of an announcement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pipelines.alerts.trouble import News

MARKS = {"trouble": "🔴", "over": "🟢"}
LONGEST = 500  # characters of one trouble


@dataclass(frozen=True, slots=True)
class Message:
    subject: str
    text: str


TEST = Message(
    "servicetitan-flow: a test", "This is a test of servicetitan-flow's alerts. Nothing is wrong, and nothing is to do."
)


def message(news: Sequence[News], dagster_url: str | None = None) -> Message:
    """``dagster_url``: where the runs can be seen, if that is known."""
    return Message(f"servicetitan-flow: {_gist(news)}", "\n\n".join(_paragraph(one, dagster_url) for one in news))


def _gist(news: Sequence[News]) -> str:
    if len(news) == 1:
        [one] = news
        return f"{'over: ' * (one.event == 'over')}{_short(one.trouble.what)}"
    over = sum(one.event == "over" for one in news)
    counts = {f"{len(news) - over} new": len(news) - over, f"{over} over": over}
    return ", ".join(words for words, count in counts.items() if count)


def _paragraph(one: News, dagster_url: str | None) -> str:
    trouble, mark = one.trouble, MARKS[one.event]
    if one.event == "over":
        return f"{mark} over: {_short(trouble.what)}\nfrom {when(trouble.since)} to {when(one.until or trouble.since)}"
    lines = [f"{mark} {_short(trouble.what)}", f"since {when(trouble.since)}", f"what to do: {trouble.what_to_do}"]
    if dagster_url and trouble.run_id:
        lines.append(f"run: {dagster_url.rstrip('/')}/runs/{trouble.run_id}")
    return "\n".join(lines)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def when(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
