"""How a customer lives: the moves from one stage of a sale to the next, as rows with their odds."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from tests.simulator.world import Company


@dataclass
class Journey:
    """One customer on the way; ids of what the sale is about at the moment."""

    company: Company
    customer_id: int
    stage: str = "customer"
    lead: int = 0
    sales_job: int = 0
    estimate: int = 0
    install_job: int = 0


Act = Callable[[Journey], None]


@dataclass(frozen=True)
class Move:
    """``weight``: the odds among the moves of a stage; ``days``: how long customers take for it."""

    stage: str
    next: str
    weight: int
    days: tuple[float, float]
    act: Act
    words: str


def _ask(j: Journey) -> None:
    j.lead = j.company.add_lead(j.customer_id)


def _dismiss(j: Journey) -> None:
    j.company.dismiss_lead(j.lead)


def _book_sales(j: Journey) -> None:
    start = (j.company.now() + timedelta(days=4)).replace(minute=0, second=0, microsecond=0)
    from_lead = j.lead if j.stage == "lead" else None
    j.sales_job = j.company.book_job(j.customer_id, "sales", start=start, lead_id=from_lead)
    _send_somebody(j, j.sales_job)


def _send_somebody(j: Journey, job_id: int) -> None:
    j.company.assign_technician(j.company.appointments_of(job_id)[0]["id"])


def _cancel_sales(j: Journey) -> None:
    j.company.cancel_job(j.sales_job, memo="Cannot make it")


def _estimate(j: Journey) -> None:
    j.company.complete_job(j.sales_job)
    j.estimate = j.company.create_estimate(job_id=j.sales_job, subtotal=f"{6000 + j.customer_id % 9000}.50")


def _option(j: Journey) -> None:
    j.company.create_estimate(job_id=j.sales_job, name="Better", subtotal="18250.990000")


def _sell(j: Journey) -> None:
    j.company.sell(j.estimate)


def _book_install(j: Journey) -> None:
    start = (j.company.now() + timedelta(days=14)).replace(minute=0, second=0, microsecond=0)
    j.install_job = j.company.book_job(j.customer_id, "install", start=start, createdFromEstimateId=j.estimate)
    _send_somebody(j, j.install_job)


def _move_install(j: Journey) -> None:
    appointment = j.company.appointments_of(j.install_job)[0]
    j.company.reschedule(appointment["id"], j.company.now() + timedelta(days=21))


def _cancel_install(j: Journey) -> None:
    j.company.cancel_job(j.install_job, memo="Financing fell through")


def _sales_back(j: Journey) -> None:
    j.company.remove_cancellation(j.sales_job)


def _install_back(j: Journey) -> None:
    j.company.remove_cancellation(j.install_job)


MOVES = (
    Move("customer", "lead", 8, (0, 2), _ask, "asks for a price"),
    Move("customer", "sales_booked", 2, (0, 5), _book_sales, "books a sales appointment"),
    Move("lead", "sales_booked", 8, (0.1, 6), _book_sales, "books a sales appointment"),
    Move("lead", "customer", 1, (5, 30), _dismiss, "is dismissed as a lead"),
    Move("sales_booked", "estimated", 7, (3, 6), _estimate, "gets an estimate"),
    Move("sales_booked", "sales_canceled", 2, (0.5, 4), _cancel_sales, "cancels the sales appointment"),
    Move("sales_canceled", "sales_booked", 3, (0.1, 3), _sales_back, "takes the cancellation back"),
    Move("sales_canceled", "sales_booked", 3, (5, 40), _book_sales, "books a new sales appointment"),
    Move("sales_canceled", "lead", 2, (20, 60), _ask, "asks again"),
    Move("estimated", "estimated", 2, (0.1, 3), _option, "gets a second option"),
    Move("estimated", "sold", 6, (1, 20), _sell, "buys"),
    Move("estimated", "lost", 2, (10, 60), lambda j: j.company.dismiss_estimate(j.estimate), "declines the estimate"),
    Move("lost", "lead", 1, (60, 300), _ask, "asks again"),
    Move("sold", "install_booked", 9, (0.5, 8), _book_install, "has the install scheduled"),
    Move("sold", "estimated", 1, (1, 5), lambda j: j.company.unsell(j.estimate), "has the sale taken back"),
    Move("install_booked", "installed", 6, (12, 16), lambda j: j.company.complete_job(j.install_job), "is installed"),
    Move("install_booked", "install_booked", 2, (1, 10), _move_install, "moves the install"),
    Move("install_booked", "install_canceled", 2, (1, 10), _cancel_install, "cancels the install"),
    Move("install_canceled", "install_booked", 3, (0.1, 3), _install_back, "takes the cancellation back"),
    Move("install_canceled", "install_booked", 3, (5, 30), _book_install, "has the install scheduled anew"),
    Move("installed", "lead", 1, (100, 500), _ask, "asks for more work"),
)


def choose(journey: Journey, random: Random) -> Move:
    """The next move, by the odds."""
    moves = [move for move in MOVES if move.stage == journey.stage]
    return random.choices(moves, [move.weight for move in moves])[0]


def take(journey: Journey, move: Move) -> None:
    move.act(journey)
    journey.stage = move.next
