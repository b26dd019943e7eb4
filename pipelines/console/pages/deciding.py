"""Replay, release and cancel: one message at once, many after a question that says how many."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request, Response

from pipelines.console.context import Console, Here
from pipelines.console.forms import Form
from pipelines.console.guard import Posted, Visitor, only_below_console
from pipelines.console.pages.deliveries import PATH, seen
from pipelines.console.refusals import Refusal, not_there
from pipelines.console.rendering import counted, done, render
from pipelines.console.sessions import Session
from pipelines.flow_builder.outbox import lists
from pipelines.flow_builder.outbox.operators import (
    ACTIONS,
    Action,
    Decided,
    Selection,
    SetChanged,
    decide,
    decide_selected,
    digest,
)
from pipelines.flow_builder.statuses import Status

router = APIRouter()
TRIED_AT_MOST = 1000  # messages of which a question says beforehand what speaks against them
SET_CHANGED = "Other messages are selected now than when you were asked. Nothing was done; look at the number again."
NOTHING = "there is nothing here that can be {} (any more); nothing was done"
TOO_FEW = "no message is selected; nothing was done"
VERBS = {"replay": "send again", "release": "release", "cancel": "cancel"}
DONE = {"replay": "Sent again", "release": "Released", "cancel": "Canceled"}


@dataclass(frozen=True)
class Chosen:
    """``ids``, or what ``fields`` (a batch, or a tenant's of a status) select."""

    action: Action
    ids: tuple[str, ...] = ()
    selection: Selection = field(default_factory=Selection)
    fields: tuple[tuple[str, str], ...] = ()

    def snapshot(self, ids: Sequence[str]) -> str:
        return f"{digest(ids)}.{urlencode(self.fields)}"


@dataclass(frozen=True)
class Deciding:
    """One post."""

    request: Request
    console: Console
    session: Session
    form: Form
    chosen: Chosen

    def one(self) -> Response:
        [decided] = self.decided(self.chosen.ids)
        if decided.refused:
            why, against, _ = decided.refused.partition("; `anyway`")
            way_out = "; tick “also if something speaks against it” to send it all the same" if against else ""
            raise Refusal(409, f"nothing was done: {why}{way_out}")
        return self.said([decided])

    def decided(self, ids: Sequence[str], *, dry_run: bool = False) -> list[Decided]:
        return decide(
            self.console.settings,
            self.chosen.action,
            ids,
            reason=self.form.reason,
            by=self.session.name,
            now=self.console.clock(),
            anyway=self.form.is_ticked("anyway"),
            dry_run=dry_run,
        )

    def many(self) -> Response:
        asked = self.form.get("snapshot") if self.form.get("confirm") == "yes" else ""
        if not asked:
            return self.question()
        counted_then = asked.partition(".")[0]
        if self.chosen.ids:
            found = self.decided(self.chosen.ids, dry_run=True)
            possible = [one.webhook_id for one in found if not one.refused]
            if digest(possible) != counted_then:
                return self.question(SET_CHANGED)
            return self.said(self.decided(possible))
        try:
            return self.said(self.of_selection(counted_then))
        except SetChanged:
            return self.question(SET_CHANGED)

    def of_selection(self, counted_then: str) -> list[Decided]:
        return decide_selected(
            self.console.settings,
            self.chosen.action,
            self.chosen.selection,
            counted=counted_then,
            reason=self.form.reason,
            by=self.session.name,
            now=self.console.clock(),
            anyway=self.form.is_ticked("anyway"),
        )

    def question(self, warning: str = "") -> Response:
        """Raises `Refusal` where nothing is left to ask about."""
        chosen, ids = self.chosen, self.ids()
        found = self.decided(ids, dry_run=True) if len(ids) <= TRIED_AT_MOST else []
        against = Counter(one.refused for one in found if one.refused)
        if chosen.ids:
            ids = [one.webhook_id for one in found if not one.refused]
        if not ids or len(found) == against.total() > 0:
            why = "".join(f"; {reason}" for reason in against)
            raise Refusal(409, NOTHING.format(ACTIONS[chosen.action].noun) + why)
        return render(
            self.request,
            "question.html",
            action=chosen.action,
            verb=VERBS[chosen.action],
            count=len(ids) if chosen.ids else len(ids) - against.total(),
            flows=self.flows(ids),
            against=against.most_common(),
            ids=chosen.ids,
            snapshot=chosen.snapshot(ids),
            reason=self.form.reason,
            anyway=self.form.is_ticked("anyway"),
            warning=warning,
            back=self.back(),
        )

    def ids(self) -> list[str]:
        if self.chosen.ids:
            return [*self.chosen.ids]
        with self.console.reading() as con:
            return self.chosen.selection.ids(con, self.chosen.action)

    def flows(self, ids: Sequence[str]) -> list[tuple[str | None, int]]:
        with self.console.reading() as con:
            return lists.flows_started(con, ids)

    def said(self, decided: Sequence[Decided]) -> Response:
        refused = Counter(one.refused for one in decided if one.refused)
        count = len(decided) - refused.total()
        words = f"{DONE[self.chosen.action]}: {counted(count, 'message')}."
        words += "".join(f" {counted(number, 'message')} not: {why}." for why, number in refused.most_common())
        if waiting := self.behind_held([one.webhook_id for one in decided if not one.refused]):
            words += f" {waiting:,} of them wait for an earlier message of their customer, which is held."
        return done(self.request, self.back(), words)

    def behind_held(self, ids: Sequence[str]) -> int:
        with self.console.reading() as con:
            return lists.behind_held(con, ids)

    def back(self) -> str:
        if wanted := self.form.get("back"):
            return only_below_console(wanted)
        if len(self.chosen.ids) == 1:
            return f"{PATH}?{urlencode({'id': self.chosen.ids[0]})}"
        fields = dict(self.chosen.fields)
        names = ("batch",) if "batch" in fields else ("tenant", "status")
        return f"{PATH}?{urlencode({name: fields[name] for name in names if name in fields})}"


def post(action: Action, request: Request, console: Console, session: Session, form: Form) -> Response:
    deciding = Deciding(request, console, session, form, chosen_by(console, session, form, action))
    return deciding.one() if len(deciding.chosen.ids) == 1 else deciding.many()


@router.post(f"{PATH}/replay")
def replay(request: Request, console: Here, session: Visitor, form: Posted) -> Response:
    return post("replay", request, console, session, form)


@router.post(f"{PATH}/release")
def release(request: Request, console: Here, session: Visitor, form: Posted) -> Response:
    return post("release", request, console, session, form)


@router.post(f"{PATH}/cancel")
def cancel(request: Request, console: Here, session: Visitor, form: Posted) -> Response:
    return post("cancel", request, console, session, form)


def chosen_by(console: Console, session: Session, form: Form, action: Action) -> Chosen:
    """Raises `Refusal`: 404 for what is another's."""
    if ids := tuple(dict.fromkeys(form.all("id"))):
        with console.reading() as con:
            mine = seen(console, session, con)
            for webhook_id in ids:
                if lists.tenant_of(con, webhook_id) not in mine:
                    raise not_there(f"message {webhook_id}")
        return Chosen(action, ids)
    counted_fields = parse_qsl(form.get("snapshot").partition(".")[2])
    fields = dict(counted_fields) or {name: form.get(name) for name in ("batch", "tenant", "status", "state")}
    fields = {name: value for name, value in fields.items() if value}
    return Chosen(action, (), selection_of(console, session, fields, action), tuple(fields.items()))


def selection_of(console: Console, session: Session, fields: dict[str, str], action: Action) -> Selection:
    """Raises `Refusal`."""
    batch, status, state = fields.get("batch"), status_of(fields, action), fields.get("state")
    if batch:
        return Selection(batch, tenant_of_batch(console, session, batch), status)
    if status is None or not fields.get("tenant"):
        raise Refusal(422, TOO_FEW)
    tenant = console.tenant(session, fields["tenant"])
    try:
        return Selection(None, tenant.id, status, float(state) if state else None)
    except ValueError:
        raise Refusal(422, f"state: found {state!r}; expected a number; nothing was done") from None


def status_of(fields: dict[str, str], action: Action) -> Status | None:
    """Raises `Refusal`."""
    status, possible = fields.get("status"), ACTIONS[action].from_statuses
    if status and status not in possible:
        raise Refusal(422, f"only what is {' or '.join(possible)} can be {ACTIONS[action].noun}; nothing was done")
    return Status(status) if status else None


def tenant_of_batch(console: Console, session: Session, batch: str) -> int | None:
    """Raises `Refusal`."""
    with console.reading() as con:
        tenant_id = lists.tenant_of_batch(con, batch)
        if tenant_id not in seen(console, session, con):
            raise not_there(f"batch {batch}")
    return tenant_id
