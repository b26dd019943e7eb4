"""Which texts are an e-mail address, and in which form they are compared."""

import pytest

from pipelines.actions.schemas.contact_values import email_address


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("ada@example.com", "ada@example.com"),
        (" Ada@Example.COM ", "ada@example.com"),
        ("MAILTO:ada@example.com", "ada@example.com"),
        ("o'neil+roof@mail.example.co.uk", "o'neil+roof@mail.example.co.uk"),
        ("ada@müller.example.net", "ada@müller.example.net"),
        ("ada@xn--mller-kva.example.net", "ada@xn--mller-kva.example.net"),
        ("ada@flow.test", "ada@flow.test"),
    ],
)
def test_an_address_is_compared_as_it_was_typed_but_for_its_case(typed: str, address: str) -> None:
    assert email_address(typed) == address


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "none",
        "ada@",
        "ada@localhost",
        "ada@gmail",
        "ada@example..com",
        ".ada@example.com",
        "ada@example.com.",
        "ada@-example.com",
        "ada@example.c0",
        "ada bell@example.com",
        "ada@example.com, bob@example.com",
        "Ada <ada@example.com>",
        "ada@[127.0.0.1]",
        "ada@shop.local",
        "\ud83d@example.com",
        "ada\x00@example.com",
        f"ada@{'a' * 64}.com",
    ],
)
def test_what_nobody_can_be_written_to_is_none(typed: str) -> None:
    assert email_address(typed) is None
