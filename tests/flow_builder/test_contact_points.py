"""Which address and which number a customer is reached by, out of what people typed."""

import pytest

from pipelines.flow_builder.contact_points import Phone, readable_email, readable_phone

ADA = "ada@example.com"


@pytest.mark.parametrize(
    "typed",
    [
        ADA,
        "  Ada@Example.COM\t",
        "\u200bada@example.com\u202c",
        "\ufeffada@\u00adexample\u2060.com\u200e",
        "\xa0ada@example.com\u3000",
        "ada@example.com\x00",
        "ada@example.com; bob@example.com",
        "ada@example.com,bob@example.com",
        "ada@example.com/bob@example.com",
        "ada@example.com & bob@example.com",
        "ada@example.com or bob@example.com",
        "ada@example.com\nbob@example.com",
        "ada@gmail; ada@example.com",
        "Ada Moss <ada@example.com>",
        '"Moss, Ada" <ada@example.com>',
        "Ada Moss ada@example.com",
        "Moss (ada@example.com)",
        "'ada@example.com'",
        "“ada@example.com”",
        "mailto:ada@example.com?subject=roof",
        "email: ada@example.com.",
        "ada@example.com (wife Mary)",
        "ada @ example.com",
        "ada@ example.com",
        "- ada@example.com",
        "*ada@example.com",
    ],
)
def test_the_first_address_in_a_field_is_read(typed: str) -> None:
    assert readable_email(typed) == ADA


@pytest.mark.parametrize(
    "address",
    [
        "o'neil+roof@mail.example.co.uk",
        "ada.moss_2@sub-domain.example.net",
        "ada@müller.example.net",
        "ada@xn--mller-kva.example.net",
        "7@example.com",
        "ada@flow.test",
    ],
)
def test_an_unusual_address_is_read_whole(address: str) -> None:
    assert readable_email(address) == address


@pytest.mark.parametrize(
    "typed",
    [
        None,
        "",
        "   ",
        "\u200b\ufeff",
        "none",
        "declined",
        "no email",
        "n/a",
        "@",
        "ada@",
        "@example.com",
        "ada@gmail",
        "ada@gmail com",
        "ada@localhost",
        "ada@test",
        "ada@shop.local",
        "ada@@example.com",
        "ada@bob@example.com",
        "ada@example..com",
        ".ada@example.com",
        "ada@-example.com",
        "ada@example.c0",
        "ada@[127.0.0.1]",
        "ada@127.0.0.1",
        "\ud83d@",
        "customer @ the door, call first",
        f"{'a' * 65}@example.com",
        "@" * 5000,
        f"{'a' * 5000}@",
    ],
)
def test_where_no_address_can_be_read_there_is_none(typed: str | None) -> None:
    assert readable_email(typed) is None


@pytest.mark.parametrize(
    "typed",
    [
        "213-373-4253",
        "(213) 373-4253",
        "213.373.4253",
        "213 373 4253",
        "213·373·4253",
        "213\u2013373\u20134253",
        "2133734253",
        "12133734253",
        "+1 213 373 4253",
        "\u202a+12133734253\u202c",
        "\u200b213-373\u00ad-4253",
        "\xa0213\xa0373\xa04253",
        "213-373-4253\x00",
        "tel:+1-213-373-4253",
        "213-373-4253 (wife Mary)",
        "Mary: 213-373-4253",
        "cell2133734253",
        "2133734253cell",
        "213-373-4253 or 4254",
        "213-373-4253, 213-373-4254",
        "2133734253 2133734254",
        "999-999-9999, 213-373-4253",
        "apt 4, 213-373-4253",
        "213-373-4253 after 5pm",
    ],
)
def test_the_first_valid_number_in_a_field_is_read(typed: str) -> None:
    assert readable_phone(typed, "US") == Phone("+12133734253", None)


@pytest.mark.parametrize(
    "typed",
    [
        "213-373-4253 x12",
        "213-373-4253x12",
        "(213) 373-4253 ext. 12",
        "213-373-4253 extension 12",
        "213-373-4253 #12",
        "tel:+1-213-373-4253;ext=12",
        "213-373-4253 ext 12 (Mary)",
    ],
)
def test_an_extension_stands_apart(typed: str) -> None:
    assert readable_phone(typed, "US") == Phone("+12133734253", "12")


@pytest.mark.parametrize(
    "typed",
    [
        None,
        "",
        "none",
        "(545) 310-3419",  # 310 and four digits alone would be a number
        "no phone",
        "373-4253",
        "999-999-9999",
        "000-000-0000",
        "111-111-1111",
        "213-373 home",
        "213-373-425",
        "see notes",
        ADA,
        "1" * 5000,
    ],
)
def test_where_no_number_can_be_read_there_is_none(typed: str | None) -> None:
    assert readable_phone(typed, "US") is None


def test_a_number_without_its_countrys_code_is_one_of_the_tenants_country() -> None:
    assert readable_phone("020 7031 3000", "GB") == readable_phone("+44 20 7031 3000", "US")
    assert readable_phone("020 7031 3000", "gb") == Phone("+442070313000", None)
    assert readable_phone("020 7031 3000", "US") is None
