"""Every page of the console, on a large bright screen and on a small dark one.

``PICTURES=folder`` keeps the screenshots, for the README.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.console.browser.conftest import NARROW, WIDE, Visit
from tests.console.browser.office import Office
from tests.console.browser.pages import pages

SHOWN = ("overview", "customer", "held")  # in the README
LOOKS: dict[str, Any] = {
    "wide": {"viewport": WIDE, "color_scheme": "light"},
    "narrow": {"viewport": NARROW, "color_scheme": "dark"},
}


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_can_be_read_and_used_and_fits(
    office: Office, visit: Callable[..., Visit], look: str, tmp_path: Path
) -> None:
    olivia = visit("olivia", **LOOKS[look])
    known, folder = pages(office), Path(os.environ.get("PICTURES", tmp_path))
    for name, path in known.items():
        olivia.go(path)
        if name in SHOWN:
            olivia.page.screenshot(path=folder / f"{name}_{look}.png")
        olivia.assert_usable(name)
    for route in office.routes:
        shape = re.sub(r"{\w+(:\w+)?}", "[^/]+", route)
        assert any(re.fullmatch(shape, path.partition("?")[0]) for path in known.values()), route
    expect(olivia.page.get_by_role("heading", name="Not found")).to_be_visible()
