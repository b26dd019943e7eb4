"""A step that fails for a reason outside of our hands says so in our words, with the way out."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from pipelines.operations import OperationsError
from pipelines.settings import ConfigurationError, load_settings

P = ParamSpec("P")
R = TypeVar("R")


def clearly(step: Callable[P, R]) -> Callable[P, R]:
    """Raises `pipelines.mishaps.Mishap` where the error is one of those."""

    @wraps(step)
    def whole(*args: P.args, **kwargs: P.kwargs) -> R:
        with in_our_words():
            return step(*args, **kwargs)

    @wraps(step)
    def one_by_one(*args: P.args, **kwargs: P.kwargs) -> Any:
        with in_our_words():
            yield from step(*args, **kwargs)  # type: ignore[misc]

    return one_by_one if inspect.isgeneratorfunction(step) else whole


@contextmanager
def in_our_words() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if told := explained(error):
            raise told from error
        raise


def explained(error: Exception) -> Exception | None:
    """The settings' and the operations file's errors are in our words already."""
    from pipelines.mishaps import mishap

    return None if isinstance(error, ConfigurationError | OperationsError) else mishap(error, load_settings().warehouse)
