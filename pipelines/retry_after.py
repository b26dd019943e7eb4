"""How long an answer asks to wait, for all whom we call: RFC 9110, 10.2.3."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

MAX_RETRY_AFTER = timedelta(hours=24)
DIGITS = 8  # seconds in more of them are longer than that anyway, and a number of thousands costs time to read


def retry_after(header: str | None, now: datetime) -> timedelta | None:
    """Whole seconds, or a date; at most 24 h. What is neither counts as none, and what is past as no wait."""
    text = (header or "").strip()
    asked = seconds(text) if text.isascii() and text.isdigit() else until(text, now)
    return None if asked is None else min(max(asked, timedelta(0)), MAX_RETRY_AFTER)


def seconds(digits: str) -> timedelta:
    significant = digits.lstrip("0") or "0"
    return MAX_RETRY_AFTER if len(significant) > DIGITS else timedelta(seconds=int(significant))


def until(text: str, now: datetime) -> timedelta | None:
    """A date without a zone is read as UTC, which the RFC prescribes."""
    try:
        date = parsedate_to_datetime(text)
        return date.replace(tzinfo=date.tzinfo or UTC) - now
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
