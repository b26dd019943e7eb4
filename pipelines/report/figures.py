"""The report's pictures, each with its words."""

from dataclasses import dataclass

from pipelines.report.customer_figures import flow, funnel, over_time, waiting
from pipelines.report.day_figures import deliveries, reasons, transitions
from pipelines.report.drawing import Spec
from pipelines.report.facts import ReportFacts


@dataclass(frozen=True)
class Figure:
    """``spec`` is None where there is nothing to draw yet; then ``empty`` says so."""

    name: str
    title: str
    words: str
    empty: str
    spec: Spec | None


def figures(facts: ReportFacts) -> list[Figure]:
    return [
        Figure(
            "funnel",
            "How far customers ever came",
            "Customers who were ever in each state, and the share of them who afterwards came further.",
            "No customer has entered a state yet.",
            funnel(facts),
        ),
        Figure(
            "waiting",
            "How long customers have been in their state",
            "Customers in a state with a flow, by the time since they entered it.",
            "No customer is in a state with a flow.",
            waiting(facts),
        ),
        Figure(
            "over-time",
            "Customers in each state, day by day",
            "At the end of each day (UTC) of the last year; those in state 0 are not drawn.",
            "No customer has entered a state yet.",
            over_time(facts),
        ),
        Figure(
            "flow",
            "Where customers went in the last 90 days",
            "Left, the state that was left; right, the state that was entered. The wider, the more often.",
            "No transitions in the last 90 days.",
            flow(facts),
        ),
        Figure(
            "transitions",
            "Transitions per day",
            "By the day (UTC) on which they happened and the state that was entered.",
            "No transitions in the last 90 days.",
            transitions(facts),
        ),
        Figure(
            "deliveries",
            "Deliveries per day",
            "By the day (UTC) on which they were decided, and what became of them; the history of the baseline is"
            " left out.",
            "Nothing was to be told in the last 90 days.",
            deliveries(facts),
        ),
        Figure(
            "reasons",
            "Why transitions were not sent",
            "Of the last 90 days; the history of the baseline is left out.",
            "Everything of the last 90 days was to be sent.",
            reasons(facts),
        ),
    ]
