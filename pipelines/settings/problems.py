"""What is wrong with a setting, in one line: the variable as it has to be written, what was found, what is expected."""

from collections.abc import Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic_core import PydanticCustomError

# As they stand in ``.env.example``.
PLACEHOLDERS = frozenset(
    {
        "your-app-key",
        "your-tenant-id",
        "your-client-id",
        "your-client-secret",
        "your-workspace-id",
        "your-booking-provider-id",
        "https://your-flow-builder/trigger",
        "whsec_your-signing-secret",
        "your-bearer-token",
        "your-name:your-token",
        "https://your-flow-builder",
        "whsec_your-webhook-secret",
        "your-secrets-key",
        "your-campaign-id",
        "mailtos://your-user:your-password@your-mail-server?to=you@your-company",
        "https://your-heartbeat",
        "your-name:operator:your-hash",
        "https://your-console",
        "postgresql://your-user:your-password@your-host/your-lake",
        "s3://your-bucket/your-prefix",
        "https://your-s3",
        "your-key-id",
        "your-s3-secret",
        "your-shard",
        "postgresql://your-user:your-password@your-host:5432/your-database",
        *("ak1.…", "cid.…", "cs1.…", "whsec_…", "https://…"),  # of the releases before
    }
)
GROUPS = ("model_type", "dict_type")


def named(lines: str) -> PydanticCustomError:
    """A problem whose lines name their variables themselves."""
    return PydanticCustomError("named", "{lines}", {"lines": lines})


def refuse_placeholder(value: Any) -> Any:
    for part in value.split(",") if isinstance(value, str) else ():
        if part.strip() in PLACEHOLDERS:
            raise PydanticCustomError("placeholder", "{placeholder}", {"placeholder": part.strip()})
    return value


def problem(error: Any, settings: type[BaseModel]) -> str:
    """``error`` is one of pydantic's. A secret's value is not shown: its field's type says that it is one."""
    if error["type"] == "named":
        return str(error["msg"])
    place = [part for part in error["loc"] if isinstance(part, str)]
    variable = "__".join(place).upper()
    if error["type"] == "placeholder":
        return f"{variable}: found {error['msg']!r}, which .env.example has in its place; expected a value of your own"
    if error["type"] == "missing":
        return f"{variable}: not set; it is required"
    found = "a value that is not shown" if is_secret(settings, place) else repr(error["input"])
    return f"{variable}: found {found}; {expected(error, variable)}"


def expected(error: Any, variable: str) -> str:
    if error["type"] in GROUPS:
        return f"expected a group of variables, each with a name of its own: {variable}__…"
    if error["type"] == "extra_forbidden":
        return "there is no such setting; see .env.example"
    return str(error["msg"]).removeprefix("Value error, ")


def is_secret(kind: Any, place: Sequence[str]) -> bool:
    """Whether a secret may stand at this place of a model; where the model has no such place, whether it has any."""
    if not place:
        return holds_secret(kind)
    name, *below = place
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        field = kind.model_fields.get(name)
        return is_secret(field.annotation, below) if field else holds_secret(kind)
    return is_secret(get_args(kind)[-1], below) if get_origin(kind) is dict else holds_secret(kind)


def holds_secret(kind: Any) -> bool:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return any(holds_secret(field.annotation) for field in kind.model_fields.values())
    return kind is SecretStr or any(holds_secret(part) for part in get_args(kind))
