"""What a process holds for each tenant: a connection, a token, threads."""

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from pipelines.settings import Tenant

T = TypeVar("T")


class PerTenant(Generic[T]):
    """Made when it is first asked for, and another one where anything of the tenant has changed: the one before, with
    the secret of then, is let go when nobody is at work with it."""

    def __init__(self, make: Callable[[Tenant], T]) -> None:
        self.make, self._making = make, Lock()
        self._made: dict[int, tuple[Tenant, T]] = {}

    def __getitem__(self, tenant: Tenant) -> T:
        with self._making:
            known = self._made.get(tenant.id)
            if known is None or known[0] != tenant:
                known = self._made[tenant.id] = tenant, self.make(tenant)
            return known[1]

    def made(self) -> list[T]:
        with self._making:
            return [one for _, one in self._made.values()]
