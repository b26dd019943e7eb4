"""A step or a command that fails says so in one line, with the way out where we know it."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from pathlib import Path
from traceback import extract_tb
from typing import Any, ParamSpec, TypeVar

from pipelines.diagnostics import causes, known_error
from pipelines.operations import OperationsError
from pipelines.settings import ConfigurationError, load_settings

P = ParamSpec("P")
R = TypeVar("R")
OURS = ("pipelines.", "orchestration.")
WRAPPERS = "dagster."  # a step's error, raised anew, is its own wrapper's cause and stands in its context: a ring
MAX_CHARACTERS = 300


def with_known_errors(step: Callable[P, R]) -> Callable[P, R]:
    """Raises `pipelines.diagnostics.KnownError` where the error is one of those."""

    @wraps(step)
    def whole(*args: P.args, **kwargs: P.kwargs) -> R:
        with known_errors():
            return step(*args, **kwargs)

    @wraps(step)
    def one_by_one(*args: P.args, **kwargs: P.kwargs) -> Any:
        with known_errors():
            yield from step(*args, **kwargs)  # type: ignore[misc]

    return one_by_one if inspect.isgeneratorfunction(step) else whole


@contextmanager
def known_errors() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if told := explained(error):
            raise told from error
        raise


def explained(error: Exception) -> Exception | None:
    """The settings' and the operations file's errors are in our words already."""
    if isinstance(error, ConfigurationError | OperationsError):
        return None
    warehouse = Path("the warehouse")
    with suppress(ConfigurationError):
        warehouse = load_settings().warehouse
    return known_error(error, warehouse)


def in_a_line(error: Exception) -> str:
    """Our words where there are some; else the first line of the error that began it, and where that was."""
    every = list(causes(error))
    ours = next((one for one in every if type(one).__module__.startswith(OURS)), None)
    if told := ours or explained(error):
        return str(told)
    first = next((one for one in reversed(every) if not type(one).__module__.startswith(WRAPPERS)), error)
    places = extract_tb(first.__traceback__)
    where = f" ({Path(places[-1].filename).name}, line {places[-1].lineno})" if places else ""
    return f"{type(first).__name__}: {line_of(first)}{where}"


def line_of(error: BaseException) -> str:
    try:
        return " ".join(str(error).split("\n", 1)[0].split())[:MAX_CHARACTERS]
    except Exception:  # an error of an error
        return "it has no words"
