"""A page taken apart by its brackets, commas and quotes alone, whatever else is wrong with a record in it."""

import re
from itertools import pairwise

TOKENS = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[\]{},"]', re.DOTALL)
VALUE = re.compile(rb'\s*:\s*(?:"((?:[^"\\]++|\\.)*+)"|([-+.\w]+))', re.DOTALL)


def split(body: bytes) -> tuple[bytes, list[bytes]]:
    """The page without its records, and these.

    Raises ValueError where brackets or quotes do not close, or nothing stands under ``data``.
    """
    depth, name = 0, b""
    cuts: list[int] = []
    ended = False
    for token in TOKENS.finditer(body):
        what = token[0]
        if what in b"[{":
            depth += 1
            if depth == 2 and what == b"[" and name == b'"data"' and not cuts:
                cuts.append(token.start())
        elif what in b"]}":
            depth -= 1
            if depth == 1 and cuts and not ended:
                cuts.append(token.start())
                ended = True
        elif what == b'"':
            raise ValueError("a quote does not close")
        elif what != b",":
            name = what
        elif depth == 2 and cuts and not ended:
            cuts.append(token.start())
    if depth or not ended:
        raise ValueError("its brackets do not close")
    records = [body[begin + 1 : end].strip() for begin, end in pairwise(cuts)]
    return body[: cuts[0] + 1] + body[cuts[-1] :], [] if records == [b""] else records


def value_of(record: bytes, name: str) -> str | None:
    """Of a field that is text or a number, as it is written; null, and what is nested, is None."""
    depth, wanted = 0, b'"%s"' % name.encode()
    for token in TOKENS.finditer(record):
        if token[0] in b"[{":
            depth += 1
        elif token[0] in b"]}":
            depth -= 1
        elif depth == 1 and token[0] == wanted and (value := VALUE.match(record, token.end())):
            text: bytes | None = value[2] if value[1] is None else value[1]
            return None if text is None or value[2] == b"null" else text.decode(errors="backslashreplace")
    return None
