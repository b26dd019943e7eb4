"""Every call that the simulator took, for tests to read."""

from collections import deque
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any


@dataclass
class Call:
    """``at`` is the world's time, ``second`` the machine's monotonic one; ``unknown`` are ignored parameters."""

    at: datetime
    second: float
    method: str
    path: str
    query: dict[str, str]
    tenant: int | None
    status: int = 0
    unknown: list[str] = field(default_factory=list)
    fault: str | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class RequestLog:
    """The newest hundred thousand calls."""

    def __init__(self) -> None:
        self.calls: deque[Call] = deque(maxlen=100_000)

    def of(self, path: str, method: str = "GET") -> list[Call]:
        """The calls whose path ends so."""
        return [call for call in self.calls if call.path.endswith(path) and call.method == method]

    def clear(self) -> None:
        self.calls.clear()
