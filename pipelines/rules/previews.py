"""What people chose and have not said yes to: the file as it would be, for a rehearsal, and the set that was counted.

They lie below DATA_DIR for some days, and nothing is in force of them.
"""

import shutil
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import msgspec

from pipelines.operations import open_operations, transaction
from pipelines.operations.decisions import note
from pipelines.rules.choices import Choice, alone, edited, is_needed, put, write
from pipelines.rules.files import Row, RulesError, read_file, read_rules
from pipelines.rules.in_force import version_of
from pipelines.rules.seeds import SEEDS, Seed
from pipelines.settings import Settings, Tenant

KEPT = timedelta(days=7)
NAMED = 10  # choices that a decision names


class NothingChosen(RulesError):
    """All of it is so already."""


class RulesChanged(RulesError):
    """Since it was counted."""


class Preview(msgspec.Struct, frozen=True):
    """``id``: of these choices over the rules as they were. ``named``: each choice in words; ``version``: of all rows
    with these, by which a rehearsal is known to be of them. ``run_id``: of Dagster's run that counts; ``trouble``: why
    none does."""

    id: str
    tenant_id: int
    seed_name: str
    choices: list[Choice]
    named: list[str]
    version: str
    by: str
    reason: str
    asked_at: datetime
    run_id: str = ""
    trouble: str = ""

    @property
    def seed(self) -> Seed:
        return next(one for one in SEEDS if one.name == self.seed_name)

    @property
    def in_words(self) -> str:
        more = len(self.named) - NAMED
        return "; ".join([*self.named[:NAMED], *([f"and {more:,} more"] if more > 0 else [])])


def prepare(
    settings: Settings,
    tenant: Tenant,
    seed: Seed,
    wanted: Iterable[tuple[Choice, str]],
    *,
    reason: str,
    by: str,
    now: datetime,
) -> Preview:
    """``wanted``: each choice, and it in words; those that say what is so already are left out. Raises `RulesError`."""
    own = read_rules(settings.rules)
    needed = [(choice, words) for choice, words in wanted if is_needed(choice, seed, tenant.id, own)]
    if not needed:
        raise NothingChosen(
            "nothing was chosen that is not so already: choose another kind in one row at least; “as it is” leaves a"
            " row alone, and “take back”, where a row has it, undoes what was set there"
        )
    choices = [choice for choice, _ in needed]
    number = number_of(own, tenant.id, seed, choices)
    forget(settings, now)
    folder = folder_of(settings, number)
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / seed.file_name, edited(seed, settings.rules / seed.file_name, tenant.id, choices))
    rows = [row for row in own if row.seed is not seed] + read_file(folder / seed.file_name)
    named = [words for _, words in needed]
    preview = Preview(number, tenant.id, seed.name, choices, named, version_of(rows), by, reason, now)
    keep(settings, preview)
    return preview


def keep(settings: Settings, preview: Preview) -> None:
    write(folder_of(settings, preview.id) / "preview.json", msgspec.json.encode(preview).decode())


def find(settings: Settings, tenant_id: int, number: str) -> Preview | None:
    """None also for another tenant's."""
    path = folder_of(settings, number) / "preview.json"
    if not number.isalnum() or not path.exists():
        return None
    found = msgspec.json.decode(path.read_bytes(), type=Preview)
    return found if found.tenant_id == tenant_id else None


def file_of(settings: Settings, preview: Preview) -> Path:
    """That takes the place of the one of its name in RULES_DIR."""
    return (folder_of(settings, preview.id) / preview.seed.file_name).absolute()


def confirm(settings: Settings, preview: Preview, *, reason: str, by: str, now: datetime) -> None:
    """From here on they are in the file, and with the next sync in force. Raises `RulesError`: nothing is done then."""
    with alone(settings.rules):
        own, seed = read_rules(settings.rules), preview.seed
        if number_of(own, preview.tenant_id, seed, preview.choices) != preview.id:
            raise RulesChanged(
                "the rules are others than they were when this was counted: nothing was done; choose once more"
            )
        with open_operations(settings.operations) as con, transaction(con):
            tenant_id, about = preview.tenant_id, preview.in_words
            note(con, "rules set", reason=reason, by=by, now=now, tenant_id=tenant_id, subject=about)
            put(seed, settings.rules, preview.tenant_id, preview.choices)
    shutil.rmtree(folder_of(settings, preview.id), ignore_errors=True)


def number_of(own: Iterable[Row], tenant_id: int, seed: Seed, choices: Sequence[Choice]) -> str:
    """The same choices over other rules are another question."""
    text = f"{version_of(own)}\n{tenant_id}\n{seed.name}\n{sorted(map(repr, choices))}"
    return sha256(text.encode()).hexdigest()[:16]


def folder_of(settings: Settings, number: str) -> Path:
    return settings.data_dir / "rules-previews" / number


def forget(settings: Settings, now: datetime) -> None:
    """What nobody came back to."""
    for folder in (settings.data_dir / "rules-previews").glob("*"):
        if datetime.fromtimestamp(folder.stat().st_mtime, now.tzinfo) < now - KEPT:
            shutil.rmtree(folder, ignore_errors=True)
