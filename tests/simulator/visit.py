"""One call that has passed the gates."""

from dataclasses import dataclass
from typing import Any

from tests.simulator.forms import in_form
from tests.simulator.switches import Switches
from tests.simulator.tables import Key
from tests.simulator.wire import Record
from tests.simulator.world import Company


@dataclass(frozen=True)
class Visit:
    """``params`` of the query, ``path`` of the route."""

    company: Company
    params: dict[str, str]
    path: dict[str, Any]
    body: bytes
    switches: Switches

    def shown(self, table: str, key: Key) -> Record:
        """A record as a list would show it."""
        return in_form(table, self.company.get(table, key), "list", self.switches.schema)
