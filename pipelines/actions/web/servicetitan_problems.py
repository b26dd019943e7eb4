"""What ServiceTitan's refusals are to our callers."""

from pydantic.alias_generators import to_snake

from pipelines.actions.web.problems import Problem
from pipelines.servicetitan.api.errors import (
    AccessRefused,
    Invalid,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Refused,
    ScopeMissing,
    SecretLocked,
    ServiceTitanError,
)

Kind = type[ServiceTitanError]
CODES: dict[Kind, str] = {
    NotFound: "not_found",
    Refused: "rejected",
    ScopeMissing: "not_permitted",
    RateLimited: "busy",
    OutcomeUnknown: "in_doubt",
}
DETAILS = {
    "not_found": "ServiceTitan has no such record in this tenant",
    "in_doubt": "repeat the request with the same Idempotency-Key: what was written is then found",
}

REFUSED = "ServiceTitan refuses the tenant's credentials, or its token"


def as_problem(error: ServiceTitanError) -> Problem:
    code = next((code for kind, code in CODES.items() if isinstance(error, kind)), "unavailable")
    if isinstance(error, Invalid):
        errors = {to_snake(field): messages for field, messages in error.errors.items()}
        return Problem(code, f"HTTP {error.status}; see errors", errors=errors)
    if isinstance(error, ScopeMissing):
        return Problem(code, f"the app needs the scope {error.scope} in this tenant", scope=error.scope)
    if isinstance(error, SecretLocked):
        return Problem(code, str(error))
    if isinstance(error, AccessRefused):
        return Problem(code, REFUSED)
    if isinstance(error, RateLimited):
        return Problem(code, str(error), error.retry_after)
    return Problem(code, DETAILS.get(code, str(error)))
