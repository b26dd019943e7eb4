"""In what the newest copy differs from the one before it, which is what the lake has: table by table, whose rows.

``con`` has the two attached, as ``newest`` and ``before``.
"""

from collections.abc import Sequence

import duckdb

from pipelines.analytics.publish import BY_CUSTOMER, LEADS, LOG

KEY = ("tenant_id", "servicetitan_customer_id")
KEYS = ", ".join(KEY)
# Of the copy's own tables by customer it says itself whose rows are others; of the rest that is found out here.
DIFFERENT = """
    (from newest.marts.{table} except all from before.marts.{table})
    union all
    (from before.marts.{table} except all from newest.marts.{table})
"""
# A retracted transition may have come back with another customer.
ELSEWHERE = f"""
    select {KEYS} from before.marts.{LOG} where transition_id in (
        select transition_id from newest.marts.{LOG} semi join newest.main.changed using ({KEYS})
    )
"""
# Leads of nobody come and go without a customer who changes.
OF_NOBODY = f"""
    select tenant_id, null from newest.marts.{LEADS} where servicetitan_customer_id is null
    union all
    select tenant_id, null from before.marts.{LEADS} where servicetitan_customer_id is null
"""


def by_customer(columns: Sequence[str]) -> bool:
    """Whether rows of a table with these columns are replaced customer by customer."""
    return set(KEY) <= set(columns)


def find_touched(con: duckdb.DuckDBPyConnection, table: str) -> int:
    """How many customers' rows of it differ: ``touched`` is a temporary table of them. Nobody is one of them, too."""
    con.execute(f"create or replace temp table touched as select distinct {KEYS} from ({_whose(table)})")
    found = con.execute("select count(*) from touched").fetchone()
    return int(found[0]) if found else 0


def differs(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    return con.execute(f"select 1 from ({DIFFERENT.format(table=table)}) limit 1").fetchone() is not None


def _whose(table: str) -> str:
    if table not in BY_CUSTOMER:
        return DIFFERENT.format(table=table)
    changed = f"select {KEYS} from newest.main.changed"
    if table == LOG:
        return f"{changed} union all {ELSEWHERE}"
    return f"{changed} union all select * from ({OF_NOBODY})" if table == LEADS else changed
