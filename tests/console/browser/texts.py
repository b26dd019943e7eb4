"""Texts as somebody outside may write them, one for each place that texts come from."""

from playwright.sync_api import Page

KINDS = (
    *("customer", "address", "type", "unit", "reason", "rule", "state", "flow"),
    *("lead", "summary", "street", "answer", "error", "alert", "run", "rehearsal"),
    *("decision", "set", "question"),
)
TAIL = '<img src=x onerror=hit(1)>{{7*7}}</script>"onfocus="hit(1)'
WHO = 'user¦<img/src=x/onerror=hit(1)>{{7*7}}</script>"onfocus="hit(1)'  # without what no name may have
WHOLE = {kind: f"{kind}¦{TAIL}" for kind in KINDS} | {"user": WHO}
SHOWN = """() => {
  document.querySelectorAll("details").forEach((details) => { details.open = true; });
  const addresses = new Set(["href", "action", "formaction", "src"]);
  const shown = [...document.querySelectorAll("*")].flatMap((node) => [...node.attributes])
    .filter((one) => !addresses.has(one.name)).map((one) => one.value);
  return [document.title, document.body.innerText, ...shown].join("\\n");
}"""
MADE = "img[src=x], [onerror], [onfocus], script:not([src]):not([type='application/json'])"


def hostile(kind: str) -> str:
    return WHOLE[kind]


def kinds_on(page: Page) -> set[str]:
    """Whose texts the page shows, each of them whole; what is folded is opened."""
    shown = page.evaluate(SHOWN).replace('\\"', '"')  # JSON is shown, too
    found = {kind: shown.count(f"{kind}¦") for kind in WHOLE}
    for kind, text in WHOLE.items():
        mangled = [part[: len(text)] for part in shown.split(f"{kind}¦")[1:] if not f"{kind}¦{part}".startswith(text)]
        assert not mangled, f"{page.url}: {kind}¦{mangled}"
    return {kind for kind, times in found.items() if times}


def assert_only_text(page: Page) -> None:
    assert page.evaluate("window.hit") is None
    assert page.locator(MADE).count() == 0
