"""Why a request is not done, for a page to say so."""

from collections.abc import Mapping


class Refusal(Exception):
    """``status``: HTTP's; ``words``: what was wrong and what to do."""

    def __init__(self, status: int, words: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(words)
        self.status, self.words, self.headers = status, words, dict(headers or {})


class SignedOut(Exception):
    """Nobody is signed in: on to the form."""


def not_there(what: str) -> Refusal:
    return Refusal(404, f"{what}: there is nothing of that name here")
