"""JSON as others write it."""

import json

from pipelines.texts import clean


def mended(content: bytes | str) -> str:
    """Without what stricter readers refuse: a BOM in front, lone surrogates within. Raises ValueError."""
    try:
        return clean(json.dumps(json.loads(content), ensure_ascii=False))
    except (ValueError, RecursionError):
        raise ValueError("this is no JSON") from None


def with_carriage_returns(content: str) -> str:
    r"""JSON with each ``\n`` as ``\r\n``."""
    return content.replace(r"\n", r"\r\n")
