"""A batch of histories, step by step."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from tests.states.happenings import BASE, Op
from tests.states.histories import Family, placed


def day(number: int) -> datetime:
    return BASE + timedelta(days=number)


def step_of(batch: Sequence[Family], step: int) -> Iterator[Op]:
    return (op for index, family in enumerate(batch) for op in placed(family, index)[step])
