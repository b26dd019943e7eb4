"""The same questions that the product asks the warehouse, answered from a world."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from hashlib import md5

import msgspec

from pipelines.flow_builder import customer as product
from pipelines.flow_builder.customer_log import History, Logged
from pipelines.flow_builder.delivery import Key
from pipelines.flow_builder.facts import Facts, TypedEmail, Visit
from pipelines.flow_builder.transition_log import ID_BYTES, BaselineRow, Known, TransitionLog, Turned
from pipelines.operations import stamp
from tests.flow_builder.simulation.current import current, current_but_for_their_reset
from tests.flow_builder.simulation.records import Event, Transition
from tests.flow_builder.simulation.world import TENANTS, World


class WorldLog(TransitionLog):
    def __init__(self, world: World) -> None:
        self.world = world
        self.new: set[str] = set()
        self.seen: dict[str, Transition] = {}

    def baselines(self) -> list[int]:
        return list(TENANTS)

    def earlier_news(self, moment: object, tenants: Sequence[int]) -> dict[int, int]:
        log = self.world.log.values()
        news = [one.key.tenant_id for one in log if not one.is_baseline and one.detected_at < moment]  # type: ignore[operator]
        return {tenant_id: news.count(tenant_id) for tenant_id in tenants if tenant_id in news}

    def look_at(self, whole: Sequence[int], changed: Collection[Key]) -> None:
        self.asked = {*changed}
        log = self.world.log.values()
        self.seen = {one.id: one for one in log if one.key.tenant_id in whole or one.key in changed}

    def ids(self) -> list[str]:
        return [name for name, one in self.seen.items() if one.key in self.asked]

    def compare(self, known: Iterable[Known]) -> list[Turned]:
        rows = {one: (group.stands, group.is_newest) for group in known for one in split(group.ids)}
        self.new = {name for name, one in self.seen.items() if name not in rows and not one.is_baseline}
        turned = [self.turned(one, stood) for one, (stood, _) in rows.items()]
        return [
            one for one in turned if rows[one.transition_id] not in ((one.stands, one.is_newest), (one.stands, None))
        ]

    def turned(self, name: str, stood: bool) -> Turned:
        if name not in self.seen:
            return Turned(name, None, stood, stands=False, is_newest=False)
        one = self.seen[name]
        return Turned(name, one.key, stood, one.stands, is_newest=self.world.history(one.key)[-1:] == [one])

    def forget_news(self) -> None:
        self.new = set()

    def owners(self, transition_ids: Sequence[str]) -> dict[str, Key]:
        return {one: self.world.log[one].key for one in transition_ids if self.world.log[one].stands}

    def with_other_facts(self, digests: Mapping[str, str]) -> set[Key]:
        by_key = self.facts(self.world.customers())
        return {
            key
            for key, facts in by_key.items()
            if any(one.digest != digests.get(name or "", one.digest) for name, one in facts.items())
        }

    def baseline_among(self, transition_ids: Sequence[str]) -> list[str]:
        return [one for one in transition_ids if self.world.log[one].is_baseline]

    def past(self) -> Iterator[BaselineRow]:
        for name in sorted(self.new):
            one = self.world.log[name]
            yield BaselineRow(name, *one.key, one.to_state, stamp(one.occurred_at), one.stands)

    def customers_with_news(self) -> set[Key]:
        return {self.world.log[name].key for name in self.new}

    def disagreeing(self, told: Mapping[Key, float]) -> set[Key]:
        return {key for key, state in told.items() if self.world.is_active(key) and self.world.state(key) != state}

    def histories(self, keys: Sequence[Key]) -> Iterator[History]:
        for key in keys:
            mine = [one for one in self.world.log.values() if one.key == key and (one.stands or one.id in self.new)]
            mine.sort(key=lambda one: (one.occurred_at, one.to_state, one.id))
            is_alias = key in self.world.merged
            yield History(key, self.world.is_active(key), is_alias, [self.transition(one) for one in mine])

    def transition(self, one: Transition) -> product.Transition:
        return product.Transition(
            one.id,
            one.to_state,
            self.world.states[one.to_state].flow_name,
            one.job_id,
            one.occurred_at,
            one.detected_at,
            is_reset=one.resets is not None,
            is_completion=one.is_completion,
            stands=one.stands,
            is_baseline=one.is_baseline,
            is_reclassified=one.is_reclassified,
        )

    def facts(self, keys: Sequence[Key]) -> dict[Key, dict[str | None, Logged]]:
        return {key: self.facts_of(key) for key in keys}

    def facts_of(self, key: Key) -> dict[str | None, Logged]:
        if key in self.world.merged:
            return {}
        history = self.world.history(key)
        kept = {one.id for one in (*current(history), *current_but_for_their_reset(history))}
        asked: list[Transition | None] = [one for one in history if not one.is_baseline or one.id in kept]
        is_active = self.world.is_active(key)
        return {
            one.id if one else None: logged(said(self.world, key, one), is_active)
            for one in (asked if history else [None])
        }


def split(ids: bytes) -> list[str]:
    text = ids.decode()
    return [text[i : i + ID_BYTES] for i in range(0, len(text), ID_BYTES)]


def logged(facts: Facts, is_active: bool) -> Logged:
    return Logged(facts, md5(msgspec.json.encode(facts) + bytes([is_active])).hexdigest())


def said(world: World, key: Key, transition: Transition | None) -> Facts:
    """A row of ``marts.transition_details``."""
    person = world.people[key]
    facts = Facts(
        tenant_id=key.tenant_id,
        tenant_name="t",
        servicetitan_customer_id=key.customer_id,
        to_state_name="s",
        customer_type=person.type,
        is_do_not_mail=person.do_not_mail,
        is_do_not_service=person.do_not_service,
        emails=[TypedEmail(*email) for email in person.emails],
    )
    return said_of(world, facts, transition) if transition else facts


def said_of(world: World, facts: Facts, transition: Transition) -> Facts:
    rule, event = world.states[transition.to_state], world.events.get(transition.id)
    return with_job(
        world,
        msgspec.structs.replace(
            facts,
            transition_id=transition.id,
            job_id=transition.job_id,
            to_state=transition.to_state,
            flow_name=rule.flow_name,
            settle_minutes=int(rule.settle.total_seconds() // 60),
            suppressed_by=" ".join(rule.suppressed_by),
            event_name=event_name(transition),
            source_table=source(event),
            source_id=str(event.visit_id) if event and event.visit_id else None,
            occurred_at=transition.occurred_at,
            detected_at=transition.detected_at,
            lead_status=event.lead_status if event else None,
            is_flow_wanted=event.starts_flow if event else True,
        ),
        transition,
    )


def event_name(transition: Transition) -> str | None:
    """As far as it is asked for."""
    if transition.resets:
        return "reset"
    return "install_job_completed" if transition.is_completion else None


def source(event: Event | None) -> str | None:
    if event is None:
        return None
    if event.visit_id:
        return "appointments"
    return "leads" if event.lead_status else "state_updates"


def with_job(world: World, facts: Facts, transition: Transition) -> Facts:
    if (job := world.job_of(transition)) is None:
        return facts
    visits = [
        Visit(one.id, one.is_active, one.status, one.start, one.end, one.start, one.start, None)
        for one in job.visits.values()
    ]
    return msgspec.structs.replace(
        facts,
        visits=visits,
        job_status=job.status,
        job_ended_at=job.ended_at,
        is_cancel_reason_silent=job.is_canceled and job.is_silent,
        location_id=job.location_id,
    )
