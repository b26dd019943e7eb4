"""Whether a step is ready to run, by the forms of the API's catalogue."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.simulator.flow_builder.canvas import Action
from tests.simulator.flow_builder.expressions import EXPRESSION

UNREAD = "nobody knows, for the actions API does not answer; save it again"


def checked(configuration: Mapping[str, Any], catalogue: Mapping[str, Any] | None) -> Action:
    """``catalogue``: None where the API did not give it."""
    action = Action(configuration)
    if not action.type:
        return Action(configuration, lacks="choose an action")
    if catalogue is None:
        return Action(configuration, lacks=UNREAD)
    entry = next((one for one in catalogue["actions"] if one["type"] == action.type), None)
    if entry is None:
        return Action(configuration, lacks=f"Flow Builder has no action {action.type!r}: choose another")
    wrong = [*of_tenant(action.tenant, catalogue["tenants"]), *of_form(action.form, entry["input_schema"])]
    return Action(configuration, entry["label"], "; ".join(wrong))


def of_tenant(tenant: str, tenants: list[str]) -> Iterator[str]:
    """It may be given by its id, too."""
    if not tenant:
        yield "Tenant is needed"
    elif not (tenant in tenants or tenant.isdigit() or EXPRESSION.search(tenant)):
        yield f"there is no tenant {tenant!r}"


def of_form(form: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    fields = schema["properties"]
    for name, value in form.items():
        if name not in fields:
            yield f"the action takes no {name!r}"
        elif isinstance(value, dict) and "properties" in fields[name]:
            yield from of_form(value, fields[name])
        elif isinstance(value, str) and "{{" in EXPRESSION.sub("", value):
            yield f"{fields[name]['title']}: {value!r} is no whole expression, such as {{{{customer_id}}}}"
    yield from (f"{fields[name]['title']} is needed" for name in schema.get("required", ()) if is_empty(form.get(name)))
    ways = [name for way in schema.get("anyOf", ()) for name in way["required"]]
    if ways and all(is_empty(form.get(name)) for name in ways):
        yield f"one of these is needed: {', '.join(fields[name]['title'] for name in ways)}"


def is_empty(value: Any) -> bool:
    return value is None or value == ""
