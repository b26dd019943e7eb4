"""What a process holds for each tenant: a connection, a token, threads."""

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from pipelines.settings import Tenant

T = TypeVar("T")


class PerTenant(Generic[T]):
    """Made when it is first asked for, and another one where anything of the tenant has changed."""

    def __init__(self, make: Callable[[Tenant], T]) -> None:
        self._make, self._making = make, Lock()
        self._made: dict[Tenant, T] = {}

    def __getitem__(self, tenant: Tenant) -> T:
        with self._making:
            if tenant not in self._made:
                self._made[tenant] = self._make(tenant)
            return self._made[tenant]

    def made(self) -> list[T]:
        with self._making:
            return list(self._made.values())
