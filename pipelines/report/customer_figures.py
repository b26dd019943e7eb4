"""Where customers are, where they went, and how far they came."""

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from pipelines.report.drawing import Spec, add_up, colour, counting, each_day, name
from pipelines.report.facts import ReportFacts

AGES = ("up to a week", "up to 30 days", "up to 90 days", "longer")


def funnel(facts: ReportFacts) -> Spec | None:
    customers = add_up(facts.reached, lambda row: row.state, lambda row: row.customers)
    went_on = add_up(facts.reached, lambda row: row.state, lambda row: row.went_on)
    states = sorted(customers)
    if not states:
        return None
    shares = [f"<br>{went_on[state] / customers[state]:.0%} came further" for state in states[:-1]] + [""]
    return {
        "data": [
            {
                "type": "funnel",
                "y": [name(facts, state) for state in states],
                "x": [customers[state] for state in states],
                "text": [f"{customers[state]:,}{share}" for state, share in zip(states, shares, strict=True)],
                "textinfo": "text",
                "textposition": "auto",
                "insidetextfont": {"color": "var(--on-mark)"},
                "hoverinfo": "text",
                "marker": {"color": [colour(state) for state in states]},
                "connector": {"fillcolor": "var(--faint)", "line": {"width": 0}},
            }
        ],
        "layout": {"height": 60 + 52 * len(states), "yaxis": {"automargin": True}, "showlegend": False},
    }


def over_time(facts: ReportFacts) -> Spec | None:
    changes = add_up(facts.changes, lambda row: (row.state, row.day), lambda row: row.customers)
    if not changes:
        return None
    days = each_day(min(day for _, day in changes), facts.as_of.date())
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines",
                "stackgroup": "customers",
                "name": name(facts, state),
                "x": days,
                "y": running_total(changes[state, day] for day in days),
                "line": {"width": 0.5, "color": colour(state)},
                "fillcolor": colour(state),
            }
            for state in sorted({state for state, _ in changes})
        ],
        "layout": {"height": 380, "hovermode": "x unified", "yaxis": counting("customers", 10)},
    }


def running_total(changes: Iterable[int]) -> list[int]:
    totals, total = [], 0
    for change in changes:
        total += change
        totals.append(total)
    return totals


def flow(facts: ReportFacts) -> Spec | None:
    """Two columns, because states lead to each other in circles."""
    links = add_up(facts.moved, lambda row: (row.from_state, row.to_state), lambda row: row.transitions)
    if not links:
        return None
    left = sorted({source for source, _ in links})
    right = sorted({target for _, target in links})
    nodes = [("left", state) for state in left] + [("right", state) for state in right]
    place = {node: index for index, node in enumerate(nodes)}
    ordered = sorted(links)
    return {
        "data": [
            {
                "type": "sankey",
                "arrangement": "fixed",
                "node": {
                    "label": [name(facts, state) for _, state in nodes],
                    "color": [colour(state) for _, state in nodes],
                    "x": [0.001 if side == "left" else 0.999 for side, _ in nodes],
                    "y": heights(links, left, 0) + heights(links, right, 1),
                    "pad": 14,
                    "thickness": 14,
                    "line": {"width": 0},
                },
                "link": {
                    "source": [place["left", source] for source, _ in ordered],
                    "target": [place["right", target] for _, target in ordered],
                    "value": [links[link] for link in ordered],
                    "color": [f"{colour(target)}/0.45" for _, target in ordered],
                },
            }
        ],
        "layout": {"height": 460},
    }


def heights(links: Mapping[Any, int], states: Sequence[float], side: int) -> list[float]:
    """The middle of each node in a column, from 0 to 1: in the order of the states, not of the numbers."""
    total, above, middles = sum(links.values()), 0, []
    for state in states:
        through = sum(count for link, count in links.items() if link[side] == state)
        middles.append(min(max((above + through / 2) / total, 0.001), 0.999))
        above += through
    return middles


def waiting(facts: ReportFacts) -> Spec | None:
    counts = add_up(
        (row for row in facts.in_state if row.state > 0), lambda row: (row.state, row.age), lambda row: row.customers
    )
    if not counts:
        return None
    states = sorted({state for state, _ in counts}, reverse=True)
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "name": age,
                "y": [name(facts, state) for state in states],
                "x": [counts[state, age] for state in states],
                "marker": {"color": f"var(--age-{number})"},
            }
            for number, age in enumerate(AGES)
        ],
        "layout": {
            "height": 110 + 34 * len(states),
            "barmode": "stack",
            "xaxis": counting("customers", max(add_up(counts, itemgetter(0), counts.__getitem__).values())),
            "yaxis": {"automargin": True},
        },
    }
