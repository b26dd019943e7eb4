"""Which job types, units and reasons mean what in one tenant, and a person's own word on it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Literal, get_args

from fastapi import APIRouter, Query, Request, Response
from msgspec.structs import replace

from pipelines.actions.routes.rehearsal_launcher import how_it_goes, start_rehearsal
from pipelines.actions.schemas.state_names import customer_states
from pipelines.actions.web.problems import Problem
from pipelines.analytics.job_kinds import behaviours_in, has_baseline, reasons_in
from pipelines.console.context import Console, Here
from pipelines.console.dagster import PATIENCE, ask, sync_soon
from pipelines.console.forms import Form
from pipelines.console.guard import Posted, Visitor
from pipelines.console.refusals import Refusal
from pipelines.console.rendering import counted, done, render
from pipelines.console.sessions import Session
from pipelines.derivation.dbt import rules_folder
from pipelines.rehearsal.result import Rehearsal
from pipelines.rehearsal.store import of_rules
from pipelines.rules import lines, previews
from pipelines.rules.choices import Choice
from pipelines.rules.files import Row, RulesError, read_rules
from pipelines.rules.lines import MEANS, Line
from pipelines.rules.previews import Preview
from pipelines.rules.seeds import CANCEL_REASON_RULES, JOB_KIND_RULES, Seed
from pipelines.settings import Settings, Tenant

router = APIRouter()
PATH = "/console/tenants/{name}/rules"
PAGE = 50
DAYS = 1  # that a preview lives through: whom the rules move shows after one
Of = Literal["types", "units", "reasons"]
LISTS: tuple[Of, ...] = get_args(Of)
KINDS = {"sales": "sales", "install": "install", "other": "neither"}
BACK = "back"
EVERY = "proposals"
NO_BASELINE = (
    "the history of {tenant} is not read to its end yet, so there is nothing to count by: all that is there then is"
    " history, and nobody is mailed about it"
)
Page = Annotated[int, Query(ge=1, le=10_000)]


@dataclass(frozen=True)
class Counting:
    """How far the preview is. ``found``: it is counted; ``trouble``: it could not be."""

    preview: Preview
    found: Rehearsal | None = None
    trouble: str = ""

    @property
    def customers(self) -> int:
        return sum(one.customers for one in self.found.moved) if self.found else 0


@dataclass(frozen=True)
class Proposals:
    """``snapshot``: of just these, over the rules as they are."""

    wanted: Sequence[tuple[Choice, str]]
    snapshot: str


@router.get(PATH)
def show(
    request: Request,
    console: Here,
    session: Visitor,
    name: str,
    of: Of = "types",
    q: str = "",
    page: Page = 1,
    preview: str = "",
) -> Response:
    return shown(request, console, console.tenant(session, name), of, q, page, preview)


def shown(
    request: Request,
    console: Console,
    tenant: Tenant,
    of: Of,
    q: str,
    page: int,
    preview: str = "",
    *,
    typed: Form | None = None,
    refusal: Refusal | None = None,
) -> Response:
    """``typed``: what was chosen there, where it was refused."""
    own, trouble = rules_of(console)
    found = [one for one in lines_of(console, tenant, of, own) if q.casefold() in one.name.casefold()]
    asked = previews.find(console.settings, tenant.id, preview) if preview else None
    return render(
        request,
        "rules.html",
        refusal.status if refusal else 200,
        wrong=refusal.words if refusal else "",
        typed=typed or Form(b""),
        tenant=tenant,
        of=of,
        q=q,
        page=page,
        lines=found[(page - 1) * PAGE : page * PAGE],
        has_more=len(found) > page * PAGE,
        how_many=len(found),
        choices=MEANS if of == "reasons" else KINDS,
        proposals=proposals_of(console, tenant, own) if of != "reasons" and not trouble else None,
        trouble=trouble,
        counting=counting(console, asked) if asked else None,
        is_gone=bool(preview) and asked is None,
        states=customer_states(tenant.id),
    )


@router.post(PATH)
def choose(request: Request, console: Here, session: Visitor, form: Posted, name: str) -> Response:
    tenant = console.tenant(session, name)
    path = PATH.format(name=tenant.name)
    try:
        if form.is_ticked("confirm"):
            words = confirmed(console, session, tenant, form)
            return done(request, f"{path}?of={words[0]}", words[1])
        preview = prepared(console, session, tenant, form, form.reason)
    except (RulesError, Refusal) as error:
        refusal = error if isinstance(error, Refusal) else Refusal(409, f"{error}; nothing was done")
        if form.is_ticked("confirm") or form.is_ticked(EVERY):
            raise refusal from None
        page = int(form.get("page")) if re.fullmatch("[1-9][0-9]{0,3}", form.get("page")) else 1
        return shown(request, console, tenant, list_of(form), form.get("q"), page, typed=form, refusal=refusal)
    return done(
        request,
        f"{path}?of={of_seed(preview)}&preview={preview.id}",
        "Nothing is changed yet: look at what it would do, and say yes or no.",
    )


def confirmed(console: Console, session: Session, tenant: Tenant, form: Form) -> tuple[Of, str]:
    """The list in which it shows, and what was done. Raises `Refusal`, `RulesError`."""
    reason, preview = form.reason, asked_about(console, tenant, form)
    previews.confirm(console.settings, preview, reason=reason, by=session.name, now=console.clock())
    how_many = counted(len(preview.choices), "rule")
    return of_seed(preview), f"{how_many} set: {sync_soon(console.dagster, tenant.name)}"


def rules_of(console: Console) -> tuple[list[Row], str]:
    """And why they cannot be read."""
    try:
        return read_rules(console.settings.rules), ""
    except RulesError as error:
        return [], str(error)


def taken_in(settings: Settings) -> list[Row]:
    """By the last sync that has published what it made of them."""
    folder = rules_folder(settings.data_dir / "dbt")
    try:
        published_at = settings.analytics.stat().st_mtime_ns
        is_whole = all(path.stat().st_mtime_ns <= published_at for path in folder.glob("*.csv"))
        return read_rules(folder) if is_whole else []
    except (OSError, RulesError):
        return []


def lines_of(console: Console, tenant: Tenant, of: Of, own: Sequence[Row]) -> list[Line]:
    marts, before = console.services.marts, taken_in(console.settings)
    if of == "reasons":
        return lines.reasons(reasons_in(marts, tenant.id), tenant.id, own, before)
    make = lines.types if of == "types" else lines.units
    return make(behaviours_in(marts, tenant.id), tenant.id, own, before)


def proposals_of(console: Console, tenant: Tenant, own: Sequence[Row]) -> Proposals:
    wanted = lines.proposals(behaviours_in(console.services.marts, tenant.id), tenant.id, own)
    choices = [choice for choice, _ in wanted]
    return Proposals(wanted, previews.number_of(own, tenant.id, JOB_KIND_RULES, choices))


def prepared(console: Console, session: Session, tenant: Tenant, form: Form, reason: str) -> Preview:
    """What was chosen, written down, and a rehearsal of it begun. Raises `Refusal`, `RulesError`."""
    own = read_rules(console.settings.rules)
    seed, wanted = chosen(console, tenant, form, own)
    preview = previews.prepare(
        console.settings, tenant, seed, wanted, reason=reason, by=session.name, now=console.clock()
    )
    preview = begun(console, tenant, preview)
    previews.keep(console.settings, preview)
    return preview


def chosen(console: Console, tenant: Tenant, form: Form, own: Sequence[Row]) -> tuple[Seed, list[tuple[Choice, str]]]:
    if form.is_ticked(EVERY):
        proposals = proposals_of(console, tenant, own)
        if form.needed("snapshot") != proposals.snapshot:
            raise Refusal(409, "the proposals are others than when the page was made: nothing was done; look once more")
        return JOB_KIND_RULES, list(proposals.wanted)
    of = list_of(form)
    seed = CANCEL_REASON_RULES if of == "reasons" else JOB_KIND_RULES
    return seed, [
        (choice, f"{line.name} ({line.id}): {words}")
        for line in lines_of(console, tenant, of, own)
        if (found := choice_of(line, form, of))
        for choice, words in [found]
    ]


def list_of(form: Form) -> Of:
    return next((one for one in LISTS if one == form.get("of")), "types")


def choice_of(line: Line, form: Form, of: Of) -> tuple[Choice, str] | None:
    """Raises `Refusal`."""
    name = f"{line.field}:{line.id}"
    if not form.get(name):
        return None
    words = {**(MEANS if of == "reasons" else KINDS), BACK: "taken back"}
    says = form.one_of(name, [*words])
    return Choice(line.field, line.id, None if says == BACK else says), words[says]


def begun(console: Console, tenant: Tenant, preview: Preview) -> Preview:
    """With the run that counts, or why none does."""
    if not has_baseline(console.services.marts, tenant.id):
        return with_(preview, trouble=NO_BASELINE.format(tenant=tenant.name))
    file = str(previews.file_of(console.settings, preview))
    start = partial(start_rehearsal, console.dagster, tenant.name, days=DAYS, rules=file)
    try:
        return with_(preview, run_id=ask(console.dagster, start).run_id)
    except Problem as problem:
        return with_(preview, trouble=problem.words)


def with_(preview: Preview, run_id: str = "", trouble: str = "") -> Preview:
    return replace(preview, run_id=run_id, trouble=trouble)


def counting(console: Console, preview: Preview) -> Counting:
    with console.reading() as con:
        found = of_rules(con, preview.tenant_id, preview.seed.file_name, preview.version)
    if found and found[0] >= preview.asked_at:
        return Counting(preview, found[1])
    if not preview.run_id:
        return Counting(preview, trouble=preview.trouble)
    try:
        goes = console.looks.look(partial(how_it_goes, console.dagster, preview.run_id, PATIENCE))
    except Problem as problem:
        return Counting(preview, trouble=problem.words)
    if goes.going == "under way":
        return Counting(preview)
    return Counting(preview, trouble=goes.why or "the rehearsal ended and left nothing behind; start it once more")


def asked_about(console: Console, tenant: Tenant, form: Form) -> Preview:
    """Raises `Refusal` where nobody has counted it yet."""
    preview = previews.find(console.settings, tenant.id, form.needed("snapshot"))
    if preview is None:
        raise Refusal(409, "what you said yes to is not there any more: nothing was done; choose once more")
    now = counting(console, preview)
    if now.found is None and not now.trouble:
        raise Refusal(409, "it is being counted: nothing was done; wait until the page says how many it moves")
    if now.found is None and not form.is_ticked("uncounted"):
        raise Refusal(409, f"it is not counted, for {now.trouble}; nothing was done; tick that you go on without")
    return preview


def of_seed(preview: Preview) -> Of:
    if preview.seed is CANCEL_REASON_RULES:
        return "reasons"
    return "units" if preview.choices[0].field == "business_unit_id" else "types"
