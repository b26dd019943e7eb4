"""SQL as SQLite has it, in PostgreSQL's words. Each text is written once; what differs stands here.

``/* postgres: … */`` is a part that only PostgreSQL has, for SQLite takes it for a comment; after ``/* sqlite */ …`` it
stands in the place of that.
"""

import re
from functools import lru_cache

# Whole texts in quotes and comments stay as they are; ``?`` and ``:name`` are values; ``::`` is a cast.
TOKEN = re.compile(r"'(?:[^']|'')*'|--[^\n]*|::|\?|:(?P<name>[a-z_]\w*)|%", re.IGNORECASE)
ONLY_HERE = re.compile(r"(?:/\* sqlite \*/.*?)?/\* postgres: (.*?) ?\*/", re.DOTALL)
WORDS = (
    # The planner is told nothing: an index's name, that a column is no reason to take one, the order of a join.
    (re.compile(r" indexed by \w+"), ""),
    (re.compile(r"(?<=[\s(,])\+(?=[a-z_])"), ""),
    (re.compile(r"\bcross join (\w+) on\b"), r"inner join \1 on"),
    # An empty list, which has nothing.
    (re.compile(r"(?<!\bnot )\bin \(\)"), "in (null)"),
    # Functions by their other names.
    (re.compile(r"\bifnull\("), "coalesce("),
    (re.compile(r"\binstr\("), "strpos("),
    (re.compile(r"\bgroup_concat\("), "string_agg("),
    # A JSON list that is a value, as rows; and an item of one.
    (re.compile(r"\bjson_each\((\?|:\w+)\)"), r"json_array_elements_text(cast(\1 as json)) as each (value)"),
    (re.compile(r"\bvalue ->> "), "cast(value as json) ->> "),
)


@lru_cache(maxsize=2048)
def for_postgres(query: str) -> str:
    """With psycopg's marks for values."""
    query = ONLY_HERE.sub(r"\1", query)
    for word, here in WORDS:
        query = word.sub(here, query)
    return TOKEN.sub(_mark, query)


def _mark(found: re.Match[str]) -> str:
    text = found[0]
    if found["name"]:
        return f"%({found['name']})s"
    if text == "?":
        return "%s"
    return text.replace("%", "%%")
