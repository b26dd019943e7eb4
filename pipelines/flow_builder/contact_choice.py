"""Which of a customer's addresses a message names: the newest that can be read as one."""

from pipelines.flow_builder.contact_points import Phone, readable_email, readable_phone
from pipelines.flow_builder.facts import Facts, TypedEmail


def chosen_email(facts: Facts) -> TypedEmail | None:
    for email in facts.emails:
        if address := readable_email(email.value):
            return TypedEmail(address, email.is_opted_out)
    return None


def chosen_phone(facts: Facts, country: str) -> Phone | None:
    return next((phone for typed in facts.phones if (phone := readable_phone(typed, country))), None)
