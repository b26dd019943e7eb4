"""The figures of a measurement, as lines of text."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from tests.mails.measured import Ear, Measurement
from tests.simulator.flow_builder.causes import Cause
from tests.simulator.flow_builder.judge import Verdict
from tests.simulator.world import START


def table(measured: Measurement, histories: int) -> Iterator[str]:
    """Of the first line."""
    listener = next(iter(measured.listeners.values()))
    days = (measured.ended_at - START).days
    yield f"{histories:,} life histories, {days} days, {listener.line.derivations:,} derivations"
    ears = listener.ears
    yield row("", *(ear.manner for ear in ears))
    yield row("mails", *(f"{len(ear.judge.verdicts):,}" for ear in ears))
    yield row("wrong", *(len(wrong(ear)) for ear in ears))
    yield row("  per 1,000 mails", *(per_thousand(len(wrong(ear)), len(ear.judge.verdicts)) for ear in ears))
    yield row("  per 1,000 histories", *(per_thousand(len(wrong(ear)), histories) for ear in ears))
    yield from by_cause(ears, "wrong per 1,000 mails, by cause", wrong)
    yield row("of these while a cancellation settles", *(sum(one.is_settling for one in wrong(ear)) for ear in ears))
    yield row("changed since the last sync", *(len(changed_since(ear)) for ear in ears))
    yield row("of merged customers", *(len(of_merged(ear)) for ear in ears))
    yield from missing_lines(measured, ears)


def by_cause(ears: Sequence[Ear], title: str, chosen: Callable[[Ear], list[Verdict]]) -> Iterator[str]:
    counts = [Counter(verdict.causes[0] for verdict in chosen(ear)) for ear in ears]
    yield title
    for cause in Cause:
        if any(count[cause] for count in counts):
            totals = [len(ear.judge.verdicts) for ear in ears]
            figures = [per_thousand(count[cause], total) for count, total in zip(counts, totals, strict=True)]
            yield row(f"  {cause}", *figures)


def missing_lines(measured: Measurement, ears: Sequence[Ear]) -> Iterator[str]:
    missing = [measured.missing(ear) for ear in ears]
    yield row("wanted", *(len(ear.wishes.wanted) for ear in ears))
    yield row("  and not mailed", *(len(wishes) for wishes in missing))
    yield row("    of a second house's install", *(sum(wish.is_beside for wish in wishes) for wishes in missing))
    for flow in dict.fromkeys(wish.flow for wishes in missing for wish in wishes):
        yield row(f"    {flow}", *(sum(wish.flow is flow for wish in wishes) for wishes in missing))


def wrong(ear: Ear) -> list[Verdict]:
    """But for those that are counted apart."""
    return [one for one in ear.judge.verdicts if one.causes and not one.was_right and not one.is_merged]


def changed_since(ear: Ear) -> list[Verdict]:
    return [one for one in ear.judge.verdicts if one.causes and one.was_right]


def of_merged(ear: Ear) -> list[Verdict]:
    return [one for one in ear.judge.verdicts if one.causes and one.is_merged and not one.was_right]


def per_thousand(count: int, total: int) -> str:
    return f"{1000 * count / total:.1f}" if total else "0"


def row(name: str, *figures: object, width: int = 12) -> str:
    return f"{name:64}" + "".join(f"{figure!s:>{width}}" for figure in figures)
