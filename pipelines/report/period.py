"""Whole weeks, which begin on Mondays and at midnight UTC, as the marts have them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Period:
    """``first``: a Monday."""

    first: date
    weeks: int

    @classmethod
    def until(cls, day: date, weeks: int) -> "Period":
        """``weeks`` weeks, of which the last one holds ``day``."""
        return cls(day - timedelta(days=day.weekday()) - (weeks - 1) * WEEK, weeks)

    @property
    def last(self) -> date:
        """A Sunday."""
        return self.first + self.weeks * WEEK - timedelta(days=1)

    @property
    def mondays(self) -> list[date]:
        return [self.first + number * WEEK for number in range(self.weeks)]

    @property
    def begins_at(self) -> datetime:
        return datetime.combine(self.first, time(), UTC)

    @property
    def ends_at(self) -> datetime:
        """Without this moment."""
        return self.begins_at + self.weeks * WEEK
