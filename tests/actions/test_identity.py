"""What identifies a person, and whose a lead is, decided without a call."""

import pytest

from pipelines.actions.crm.identity import Given, Known, doubts, given, is_same, is_test, lacking
from pipelines.actions.crm.names import have_in_common
from pipelines.flow_builder.contact_points import Phone

NUMBER = "+12135552823"
SPELLINGS = [
    "213-555-2823",
    "(213) 555-2823",
    "[213] 555 2823",
    "213.555.2823",
    "213\u2013555\u20132823",
    "1 213 555 2823",
    "+1 (213) 555-2823",
    "tel:+1-213-555-2823",
    "p:+12135552823",
    "whatsapp:+12135552823",
    "\u202a213-555-2823\u202c",
    "\ufeff213 555 2823\u200e",
    "2135552823",
    "2135552823.0",
    "213-555-2823 (wife Mary)",
]


def person(phone: str | None = None, email: str | None = None, name: str | None = "Ada Lovelace") -> Given:
    return given(name, phone, email, "US")


def known(*phones: str, name: str = "Ada Lovelace", emails: tuple[str, ...] = (), id: int = 1) -> Known:
    numbers = (Phone(number, extension or None) for number, _, extension in (one.partition("x") for one in phones))
    return Known(id, name, frozenset(numbers), frozenset(emails))


@pytest.mark.parametrize("typed", SPELLINGS)
def test_a_real_number_is_one_number_however_it_is_typed(typed: str) -> None:
    assert person(typed).phone == Phone(NUMBER, None)


@pytest.mark.parametrize(
    "typed",
    [
        "999-999-9999",
        "000-000-0000",
        "111-111-1111",
        "5555555",
        "213-555-0199",
        "555-0100",
        "123-456-7890",
        "212-222-2222",
        "213-234-5678",
        "213-987-6543",
        "none",
        "n/a",
        "x22",
        "12",
        "213-555-1212",
        "(000) 555-2823",
        "213-555-1234",
        "213-222-3333",
    ],
)
def test_a_number_that_many_people_type_identifies_nobody_and_is_kept_as_it_was_typed(typed: str) -> None:
    found = person(typed)
    assert (found.phone, [one.value for one in found.left_out]) == (None, [typed])
    assert found.left_out[0].why


@pytest.mark.parametrize(
    "typed",
    [
        "none",
        "ada@gmail",
        "none@none.com",
        "noneprovided@gmail.com",
        "customerhasnoemail@gmail.com",
        "declined2provide@gmail.com",
        "getemail@gmail.com",
        "homeowner@gmail.com",
        "reply@thumbtack.com",
        "none@gmail.com",
        "noemail@noemail.com",
        "no.email@aol.com",
        "na@na.com",
        "declined@declined.com",
        "Refused@Example.com",
        "test@example.com",
        "user@example.org",
        "email@example.net",
        "test@fb.com",
        "test@meta.com",
        "asdf@asdf.com",
        "a@b.com",
        "nobody@nowhere.com",
        "donotreply@acme.com",
        "dont.have@yahoo.com",
        "xxx@xxx.com",
        "unknown@unknown.com",
        "bob@noemail.com",
    ],
)
def test_an_address_that_many_people_type_or_that_a_tool_made_identifies_nobody(typed: str) -> None:
    assert (person(email=typed).email, [one.value for one in person(email=typed).left_out]) == (None, [typed])


@pytest.mark.parametrize(
    "typed",
    [
        "ada@example.com",
        "Ada Moss <ada@mail.example.net>",
        "naomi@noble.com",
        "noel@gmail.com",
        "info@mossroofing.com",
        "testa.rossi@gmail.com",
        "nancy.none@yahoo.com",
        "mail@mueller.de",
        "o'neil+roof@mail.example.co.uk",
        "declan@refuseworks.com",
        "usermann@outlook.com",
        "jo@mossfamily.net",
        "noreen.available@icloud.com",
    ],
)
def test_the_address_of_a_person_identifies(typed: str) -> None:
    assert person(email=typed).email


def test_of_two_numbers_the_first_real_one_identifies_and_the_others_are_kept() -> None:
    found = person("999-999-9999, 213-555-2823 or 213-555-2824")
    assert (found.phone, found.others) == (Phone(NUMBER, None), ("+12135552824",))


@pytest.mark.parametrize(
    ("one", "other", "common"),
    [
        ("Ada Lovelace", "LOVELACE, Ada B.", True),
        ("Ada Lovelace", "Bob Lovelace", True),
        ("Ada Lovelace", "Ada King", True),
        ("José Núñez", "Jose Nunez Jr.", True),
        ('Robert "Bob" Stone', "Bob", True),
        ("Ada & Bob Moss", "Bob Smith-Moss", True),
        ("Ada Lovelace", "Vera Stone", False),
        ("Mr. Juan de la Cruz", "Mr. Pablo de la Vega", False),
        ("A. Lovelace", "A. Stone", False),
        ("Acme Roofing LLC", "Stone Roofing LLC", False),
        ("Moss Household", "Stone Household", False),
        ("Unknown", "Unknown", False),
        ("Homeowner", "Homeowner", False),
        ("Facebook Lead", "Facebook Customer", False),
        ("City of Pasadena", "City of Burbank", False),
        ("", "Ada", False),
    ],
)
def test_what_two_names_have_in_common(one: str, other: str, common: bool) -> None:
    assert have_in_common(one, other) == have_in_common(other, one) == common


def test_the_same_number_and_a_name_in_common_or_the_same_address_are_the_same_customer() -> None:
    assert doubts(person("213-555-2823", name="Bob Lovelace"), [known(NUMBER)]) == {}
    vera = person("213-555-2824", "vera@stone.com", name="Vera Stone")
    assert doubts(vera, [known(NUMBER, emails=("vera@stone.com",))]) == {}
    assert doubts(vera, []) == {}


def test_a_number_whose_customer_has_another_name_and_another_address_is_for_a_person_to_see() -> None:
    stranger = person("213-555-2823", "vera@stone.com", name="Vera Stone")
    assert "neither the name nor the e-mail" in doubts(stranger, [known(NUMBER, emails=("ada@example.com",))])[1]
    assert doubts(person("213-555-2823", name="Vera Stone"), [known(NUMBER)])


def test_a_number_alone_is_enough_where_nothing_speaks_against_it() -> None:
    assert doubts(person("213-555-2823", name=None), [known(NUMBER)]) == {}
    assert doubts(person("213-555-2823", name="Unknown"), [known(NUMBER)]) == {}
    assert doubts(person("213-555-2823", "vera@stone.com", name=None), [known(NUMBER)])


@pytest.mark.parametrize(("typed", "has"), [("x22", ""), ("", "x22"), ("x22", "x23")])
def test_an_extension_that_the_customer_does_not_have_is_for_a_person_to_see(typed: str, has: str) -> None:
    assert "another extension" in doubts(person(f"213-555-2823 {typed}"), [known(NUMBER + has)])[1]
    assert doubts(person(f"213-555-2823 {typed}"), [known(NUMBER + typed)]) == {}


@pytest.mark.parametrize("typed", ["2135552823,22", "213-555-2823 ex22", "213.555.2823 room 22", "22 x 2135552823"])
def test_an_extension_is_read_however_it_is_written(typed: str) -> None:
    assert person(typed).phone == Phone(NUMBER, "22")


def test_several_customers_are_for_a_person_to_see_each_with_what_it_has() -> None:
    ada = person("213-555-2823", "ada@example.com")
    why = doubts(ada, [known(NUMBER, id=1), known(emails=("ada@example.com",), id=2)])
    assert why == {1: "has the number; others match, too", 2: "has the e-mail; others match, too"}
    many = doubts(ada, [known(NUMBER, id=number) for number in range(4)])
    assert set(many.values()) == {"has the number, as 4 customers have: it identifies nobody"}


def test_what_was_given_and_the_customer_lacks_is_named() -> None:
    ada = person("213-555-2823 x22, 213-555-2824", "ada@example.com")
    assert lacking(ada, known(NUMBER)) == [f"{NUMBER} x22", "+12135552824", "ada@example.com"]
    assert lacking(ada, known(f"{NUMBER}x22", "+12135552824", emails=("ada@example.com",))) == []
    assert lacking(person("none", "ada@example.com"), known(emails=("ada@example.com",))) == ["none"]


def test_a_tools_own_lead_is_known() -> None:
    assert is_test(["a", "<test lead: dummy data for full_name>"])
    assert is_test(["Test@FB.com "])
    assert not is_test(["test", "a <test lead: dummy data for x> that I saw", "ada@fb.com"])


@pytest.mark.parametrize(
    ("sender", "customer", "is_one"),
    [
        ("Ada Lovelace", "LOVELACE, Ada B.", True),
        ("A. Lovelace", "Ada Lovelace", True),
        ("Bob Stone", "Robert Stone", True),
        ("J. Robert Stone", "Rob Stone", True),
        ("E. Stone", "Mr. Edsger Q. Stone Jr.", True),
        ("Maryann Stone", "Mary Ann Stone", True),
        ("Stone Carl", "Carl Stone", True),
        ("José Núñez", "Jose Nunez Jr.", True),
        ("Ada", "Ada Lovelace", True),
        ("Ada Lovelace", "The Lovelace Family", True),
        ("Ada Lovelace", "Unknown", True),
        ("Vera Stone", "Stone, Carl & Vera", True),
        ("Bob Moss", "Ada and Bob Moss", True),
        ("Acme Roofing", "Acme Roofing LLC", True),
        ("Bob O'Neil", "Bob ONeil", True),
        ("王小明", "王小明", True),
        ("Carl Stone", "Vera Stone", False),
        ("Carl Stone", "Carla Stone", False),
        ("Carl Stone", "E. Stone", False),
        ("Ada King", "Ada Lovelace", False),
        ("Bob Lovelace", "Ada B. Lovelace", False),
        ("John Stone Sr.", "John Stone Jr.", False),
        ("Lovelace", "Ada Lovelace", False),
        ("Mrs. Stone", "Carl Stone", False),
        ("Wei Stone", "Carl & Vera Stone", False),
    ],
)
def test_a_name_is_the_customers_where_given_name_and_surname_agree(sender: str, customer: str, is_one: bool) -> None:
    assert is_same(person("213-555-2823", name=sender), known(NUMBER, name=customer)) == is_one


def test_the_same_address_is_the_same_person_and_so_is_who_says_no_name_and_nothing_else() -> None:
    vera = known(NUMBER, name="Vera Stone", emails=("vera@stone.com",))
    assert is_same(person("213-555-2823", "vera@stone.com", name="Carl Stone"), vera)
    for nobody in (None, "Unknown", "Facebook Lead"):
        assert is_same(person("213-555-2823", name=nobody), vera)
        assert not is_same(person("213-555-2823", "carl@stone.com", name=nobody), vera)
        assert not is_same(person("213-555-2823 x22", name=nobody), vera)


@pytest.mark.parametrize(
    ("phone", "email", "number", "address"),
    [
        ("ada@mail.example.net", None, None, "ada@mail.example.net"),
        (None, "213-555-2823", NUMBER, None),
        ("213-555-2823 / ada7@mail.example.net", "", NUMBER, "ada7@mail.example.net"),
        ("", "ada.2135552823@mail.example.net", None, "ada.2135552823@mail.example.net"),
        ("213-555-2823", "213-555-2824", NUMBER, None),
    ],
)
def test_what_stands_in_the_others_field_is_read_as_what_it_is(
    phone: str | None, email: str | None, number: str | None, address: str | None
) -> None:
    found = person(phone, email)
    assert (found.phone, found.email) == (number and Phone(number, None), address)
    assert [one.value for one in found.left_out] == (["213-555-2824"] if phone == "213-555-2823" else [])


def test_a_placeholder_in_the_others_field_is_none_there_either() -> None:
    assert [one.value for one in person("none@none.com").left_out] == ["none@none.com"]
    assert [one.value for one in person(email="999-999-9999").left_out] == ["999-999-9999"]
