"""A person at the console, by HTTP: pages are read, and forms posted as a browser would."""

from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from typing import Any

import httpx
from argon2 import PasswordHasher

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "correct horse battery staple"
HASH = CHEAP.hash(PASSWORD)
USERS = f"ola:operator:{HASH},vic:viewer:{HASH},sol:operator+socal:{HASH}"


class Visitor(httpx.Client):
    """``ola`` is an operator, ``vic`` a viewer, ``sol`` an operator of SOCAL alone."""

    def __init__(self, url: str, name: str | None = None) -> None:
        super().__init__(base_url=url, timeout=30, trust_env=False, headers={"origin": url})
        self.url = url
        self.name = name

    def __enter__(self) -> "Visitor":
        super().__enter__()
        if self.name:
            assert self.sign_in(self.name).status_code == 303
        return self

    def sign_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        return self.post("/console/sign-in", data={"name": name, "password": password})

    def page(self, path: str, **params: Any) -> "Page":
        answer = self.get(path, params=params or None)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[-2000:])
        return Page(answer.text)

    def token(self) -> str:
        return self.page("/console/decisions").fields("/console/sign-out")["csrf_token"]

    def act(self, path: str, **fields: str | Sequence[str]) -> httpx.Response:
        """Posts a form with a fresh token."""
        return self.post(path, data={"csrf_token": self.token(), "reason": "as a test", **fields})


class Page(HTMLParser):
    """What it says, and its forms: action -> the fields that a browser would send."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html, self.words, self.forms, self.links = html, "", list[tuple[str, dict[str, str]]](), list[str]()
        self._aside = 0
        self.feed(html)
        self.words = " ".join(self.words.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ("script", "style"):
            self._aside += 1
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag == "form":
            self.forms.append((given.get("action", ""), {}))
        if tag in ("input", "button") and self.forms and "name" in given and given.get("type") != "checkbox":
            self.forms[-1][1][given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._aside -= 1

    def handle_data(self, data: str) -> None:
        if not self._aside:
            self.words += f" {data}"

    def fields(self, action: str) -> dict[str, str]:
        """Of the first form that posts there."""
        return next(fields for posts_to, fields in self.forms if posts_to == action)

    def actions(self) -> Iterator[str]:
        return (action for action, _ in self.forms)
