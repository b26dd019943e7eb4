"""What an action is: its form, its result, and what it does."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel

from pipelines.actions.context import ActionContext, Services
from pipelines.actions.schemas.fields import Input
from pipelines.settings import Tenant

In = TypeVar("In", bound=Input)
Out = TypeVar("Out", bound=BaseModel)


@dataclass(frozen=True)
class Action(Generic[In, Out]):
    """``name`` is its type in Flow Builder, ``status`` that of a success, by the result."""

    name: str
    label: str
    description: str
    input: type[In]
    result: type[Out]
    run: Callable[[ActionContext, In], Out]
    writes: bool = False
    live: bool = True  # asks ServiceTitan
    status: Callable[[Out], int] = lambda _: 200
    # Where the input says whose it is, and the tenant may be left out: which of those that the caller's token opens.
    tenant_of: Callable[[Services, In, Callable[..., bool]], Tenant] | None = None
