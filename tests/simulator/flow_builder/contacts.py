"""The people whom this Flow Builder knows: its own contacts, some of them linked to a customer of ServiceTitan."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4


@dataclass(frozen=True)
class Note:
    """What was done, and what came of it, in words."""

    at: datetime
    words: str
    is_good: bool = True


@dataclass
class Contact:
    """``tenant`` and ``customer_id``: whom it is linked to; None until somebody links it. ``linking``, ``setting``:
    what was typed last in the forms of these names; of a link that was made nothing stays."""

    name: str
    email: str
    phone: str = ""
    tenant: str = ""
    customer_id: int | None = None
    customer_name: str = ""
    id: str = field(default_factory=lambda: str(uuid4()))
    notes: list[Note] = field(default_factory=list)
    linking: dict[str, str] = field(default_factory=dict)
    setting: dict[str, str] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, object]:
        """What expressions find below ``contact``."""
        shown = {"id": self.id, "name": self.name, "email": self.email, "phone": self.phone}
        return {name: value or None for name, value in shown.items()}


class Contacts:
    """By id, in the order in which they came."""

    def __init__(self) -> None:
        self._by_id: dict[str, Contact] = {}

    def add(self, contact: Contact) -> Contact:
        self._by_id[contact.id] = contact
        return contact

    def find(self, contact_id: str) -> Contact | None:
        return self._by_id.get(contact_id)

    def all(self) -> list[Contact]:
        return [*self._by_id.values()]
