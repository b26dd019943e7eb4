"""When an office gets round to what is due."""

from collections.abc import Callable
from datetime import datetime, timedelta

Rhythm = Callable[[datetime, timedelta], datetime]  # of the last thing and the wait after it: the next thing's moment

OPENS = timedelta(hours=16)  # UTC
HASTE = timedelta(minutes=15)  # into which a day's work is pressed
CLOSES = OPENS + timedelta(hours=3)


def at_once(at: datetime, wait: timedelta) -> datetime:
    return at + wait


def once_a_day(at: datetime, wait: timedelta) -> datetime:
    """All that waited since the day before is typed within a quarter of an hour; what follows within hours keeps its
    minutes. So there are few moments at which anything happens, however many customers there are."""
    due = at + wait
    day = due.replace(hour=0, minute=0, second=0, microsecond=0)
    if OPENS <= due - day <= CLOSES and due - at < CLOSES - OPENS:
        return due
    day += timedelta(days=due - day > OPENS)
    return day + OPENS + HASTE * ((due - due.replace(hour=0, minute=0, second=0)) / timedelta(days=1))
