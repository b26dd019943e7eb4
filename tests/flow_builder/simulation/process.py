"""A dispatcher that may die or stall at each of its turns and sends, and what must be so after each turn."""

import asyncio
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from pipelines.operations import moment
from tests.flow_builder.simulation.endpoint import MAX_AGE, is_visit_ahead, promise
from tests.flow_builder.simulation.expected import REFUSED, WRONG, asks_to_wait, delivers

if TYPE_CHECKING:
    from tests.flow_builder.simulation.incidents import Incidents

LEASE = 30.0  # seconds
MOST_ATTEMPTS = 7
MOST_TURNS = 5000  # of all dispatchers of a seed; what goes on for longer goes on for ever


class Crash(BaseException):
    """The process is gone, and with it all that was not committed."""


class State(NamedTuple):
    """Of one delivery."""

    status: str
    reason: str | None
    attempts: int
    attempt_id: int | None
    occurred_at: str | None
    told_state: float | None
    was_ahead: int
    appointment: str | None


class Process:
    def __init__(self, scenario: "Incidents") -> None:
        self.scenario, self.chance, self.expected = scenario, scenario.chance, scenario.expected
        product = scenario.product
        outbox = product.queue.Outbox(scenario.con, MAX_AGE)
        self.dispatcher = product.dispatcher.Dispatcher(
            outbox, self.send, scenario.clock, scenario.chance, self.turn, product.retry_policy.outcome
        )

    async def turn(self, turn: Callable[[], Any]) -> Any:
        await self.misfortune()
        self.scenario.turns += 1
        promise(self.scenario.turns < MOST_TURNS, "nothing goes on for ever")
        came_back, before, ready = list(self.dispatcher.came_back), self.states(), self.scenario.ready()
        claimed, after = turn(), self.states()
        counted = self.look_at_answers(came_back, before, after)
        self.look_at_endpoint(came_back, after)
        if any(answer.begun for _, answer in came_back) and self.expected.down_since:
            self.look_at_put_back(before, after)
        self.look_at_settled(came_back, before, after, claimed)
        self.look_at_attempts(counted, before, after, claimed)
        self.look_at_claimed(claimed, before, ready)
        self.look_at_kept_true(claimed, before)
        self.look_at_expired(before, after)
        await self.misfortune()
        return claimed

    def states(self) -> dict[str, State]:
        query = """select webhook_id, status, reason, attempts, attempt_id, occurred_at, told_state, was_ahead,
            appointment from deliveries"""
        return {webhook_id: State(*values) for webhook_id, *values in self.scenario.con.execute(query)}

    def look_at_answers(
        self, came_back: list[Any], before: dict[str, State], after: dict[str, State]
    ) -> dict[str, int | None]:
        """By how much each delivery's count of attempts should differ; None: another holds it."""
        now, counted = self.scenario.clock(), dict[str, int | None]()
        self.expected.hangs_on_one = False
        for claim, answer in came_back:
            counts = not (
                not answer.begun
                or self.expected.stays_down(answer)
                or (answer.status in WRONG and not delivers(answer))
                or asks_to_wait(answer)
            )
            state = before[claim.webhook_id]
            is_ours = (state.status, state.attempt_id) == ("sending", claim.attempt_id)
            once = is_ours and claim.webhook_id not in counted
            counted[claim.webhook_id] = counts - (not claim.is_probe) if once else None
            if is_ours and answer.status in REFUSED and counts and len(came_back) == 1:
                self.look_at_refused(claim, answer, after[claim.webhook_id])
            self.expected.heed(claim.webhook_id, answer, now)
        return counted

    def look_at_refused(self, claim: Any, answer: Any, after: State) -> None:
        """Dead, or put back with others, or, after an attempt that was cut off, tried again."""
        query = "select http_status, error from attempts where webhook_id = ? and attempt_id < ?"
        earlier = self.scenario.con.execute(query, [claim.webhook_id, claim.attempt_id])
        cut_off = any(status is None and error and not error.startswith("Connect") for status, error in earlier)
        if answer.status == 409 and cut_off and claim.attempts < MOST_ATTEMPTS:
            promise(after.status != "dead", "a conflict with an attempt that was cut off is tried again")
        elif not self.scenario.product_endpoint().down_since:
            promise(after.status == "dead", "what is refused is dead")

    def look_at_endpoint(self, came_back: list[Any], after: dict[str, State]) -> None:
        endpoint, expected = self.scenario.product_endpoint(), self.expected
        if expected.hangs_on_one:
            unfinished = [one for one, state in after.items() if state.status in ("pending", "sending", "retry")]
            on_its_way = [one for one in unfinished if after[one].status == "sending"]
            alone = {*unfinished, *(claim.webhook_id for claim, _ in came_back)} <= {expected.failed[0]}
            promise(bool(endpoint.down_since) or not alone, "it is down where the only message fails")
            if endpoint.down_since:
                promise(not {*on_its_way} - {expected.failed[0]}, "one message does not stop those on their way")
                expected.go_down(self.scenario.clock(), refuses=endpoint.refuses)
        promise(endpoint.down_since == expected.down_since, "the endpoint is down since delivery.md says so")
        promise(endpoint.refuses == expected.refuses, "where refusals brought it down, a success brings it up")

    def look_at_put_back(self, before: dict[str, State], after: dict[str, State]) -> None:
        """What the endpoint's fault made dead is due again, where nothing speaks against it."""
        gone = self.scenario.gone()
        back = {webhook_id for webhook_id in gone if before[webhook_id].status == "dead" != after[webhook_id].status}
        promise(not back, "what is gone is not due again")
        for webhook_id in {*self.expected.failed, *self.expected.refused}:
            state = after[webhook_id]
            if state.status == "dead" and state.reason is None:
                is_at_fault = self.was_refused(webhook_id, state) or self.scenario.must_stay_dead(webhook_id)
                promise(is_at_fault, "an outage makes nothing dead")
            if state.status == "retry":
                promise(state.attempts < MOST_ATTEMPTS, "an attempt is left to what is due again")

    def was_refused(self, webhook_id: str, state: State) -> bool:
        """Before the outage: what failed in it is an attempt from before, whose answer came late."""
        query = "select http_status from attempts where attempt_id = ?"
        ((status,),) = self.scenario.con.execute(query, [state.attempt_id])
        return status in REFUSED and webhook_id not in self.expected.refused

    def look_at_settled(
        self, came_back: list[Any], before: dict[str, State], after: dict[str, State], claimed: Any
    ) -> None:
        taken = {claim.webhook_id for claim in claimed.claims}
        for claim, answer in came_back:
            state, becomes = before[claim.webhook_id], after[claim.webhook_id]
            if delivers(answer):
                promise(becomes.status in ("delivered", "canceled"), "what was taken is delivered")
            elif (state.status, state.attempt_id) != ("sending", claim.attempt_id) and claim.webhook_id not in taken:
                settled = ("sending", "delivered", "canceled")
                promise(state.status not in settled or becomes.status == state.status, "only who holds it settles it")
            promise(state.status != "canceled" or becomes.status == "canceled", "what was canceled stays so")

    def look_at_attempts(
        self, counted: dict[str, int | None], before: dict[str, State], after: dict[str, State], claimed: Any
    ) -> None:
        taken = {claim.webhook_id: not claim.is_probe for claim in claimed.claims}
        for webhook_id, difference in counted.items():
            if difference is None:
                continue
            expected = before[webhook_id].attempts + difference
            if after[webhook_id].status == "retry":  # though dead for a moment
                expected = min(expected, MOST_ATTEMPTS - 1)
            expected += taken.get(webhook_id, 0)
            promise(after[webhook_id].attempts == expected, "what is not the message's fault does not count")

    def look_at_claimed(self, claimed: Any, before: dict[str, State], ready: list[str]) -> None:
        scenario, now = self.scenario, self.scenario.clock()
        endpoint = scenario.product_endpoint()
        promise(not (claimed.claims and endpoint.waits(now)), "the whole queue waits as it was asked to")
        if endpoint.down_since:
            self.look_at_probe(claimed, before, ready)
            return
        self.look_at_hasty(claimed)
        if not (endpoint.waits(now) or len(self.dispatcher.in_flight) + len(claimed.claims) >= 8):
            left = {scenario.customer(webhook_id) for webhook_id in scenario.ready()}
            promise(left <= scenario.suspected(), "what is due and first of its customer is not left lying")
            promise(not left or bool(scenario.on_its_way()), "who waits behind what died is not left lying")

    def look_at_kept_true(self, claimed: Any, before: dict[str, State]) -> None:
        """It may leave now; and for the first time, as the newest sync wrote it, with all told that this knew."""
        scenario, now = self.scenario, self.scenario.clock()
        if not claimed.claims:
            return
        rows = {row.webhook_id: row for row in scenario.rows()}
        for claim in claimed.claims:
            row = rows[claim.webhook_id]
            promise(scenario.switches.may_leave(row.tenant_id), "nothing leaves in shadow or pause")
            promise(row.settles_at is None, "nothing leaves before it has settled")
            promise(row.flow_until is None or row.flow_until > now, "no flow starts once its visit is over")
            if before[claim.webhook_id].attempt_id is None and not row.overrides:
                promise(scenario.bodies.get(claim.webhook_id) == claim.body, "it says what the newest sync saw")
                earlier = [*rows.values()][: [*rows].index(claim.webhook_id)]
                lost = [
                    one for one in earlier if one.key == row.key and one.webhook_id in scenario.told and not one.told
                ]
                promise(not lost, "what follows a message that was lost is decided anew")

    def look_at_hasty(self, claimed: Any) -> None:
        suspected = self.scenario.suspected()
        hasty = {claim.webhook_id for claim in claimed.claims if self.scenario.customer(claim.webhook_id) in suspected}
        promise(not hasty or not self.scenario.on_its_way() - hasty, "who waits behind what died comes last")

    def look_at_probe(self, claimed: Any, before: dict[str, State], were_ready: list[str]) -> None:
        scenario, now, endpoint = self.scenario, self.scenario.clock(), self.scenario.product_endpoint()
        earliest, ready = self.expected.earliest_probe(), scenario.ready()
        promise(len(claimed.claims) <= 1, "one probe at a time")
        for claim in claimed.claims:
            promise(now >= earliest, "a probe leaves no earlier than its time")
            others = [before[one].attempt_id or 0 for one in ready if one in were_ready]
            longest_ago = (before[claim.webhook_id].attempt_id or 0) <= min(others, default=math.inf)
            promise(longest_ago, "a probe is what was tried longest ago")
            self.expected.probes.append(now)
        promise(endpoint.next_probe_at - now <= self.expected.interval(), "a probe is put off by its interval at most")
        if not (claimed.claims or endpoint.waits(now)) and ready and len(self.dispatcher.in_flight) < 8:
            promise(now < endpoint.next_probe_at, "a probe leaves when its time has come")

    def look_at_expired(self, before: dict[str, State], after: dict[str, State]) -> None:
        for webhook_id, state in after.items():
            if state.reason == "expired" and before[webhook_id].reason != "expired":
                is_old = self.scenario.clock() - moment(state.occurred_at or "") > MAX_AGE
                visit = (state.told_state, bool(state.was_ahead), state.appointment)
                is_ahead = is_visit_ahead(*visit, self.scenario.clock())
                promise(is_old and not is_ahead, "what is fresh does not expire")

    async def send(self, webhook_id: str, body: bytes) -> Any:
        promise(len(self.dispatcher.in_flight) <= 8, "at most eight are on their way")
        answer = await self.scenario.post(webhook_id, body)
        await self.misfortune()
        return answer

    async def misfortune(self) -> None:
        if self.scenario.endpoint.is_good:
            return
        draw = self.chance.random()
        if draw < self.scenario.misery:
            raise Crash
        if draw < self.scenario.misery + 0.04:
            stall = self.chance.choice([8.0, 45.0])
            if stall > LEASE:
                asyncio.get_running_loop().call_later(LEASE + 1, self.scenario.start)
            await asyncio.sleep(stall)
