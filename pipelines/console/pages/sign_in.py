"""Who comes in, and out."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from pipelines.console.context import Here
from pipelines.console.guard import SIGN_IN, SIGN_OUT, Posted, Visitor, only_below_console
from pipelines.console.passwords import Passwords
from pipelines.console.rendering import render
from pipelines.console.sessions import LIFE

router = APIRouter()
WRONG = "no user of this name has this password"
ENDED = "You had been signed out meanwhile, and nothing was done. Sign in, and do it again."


@router.get(SIGN_IN)
def form(
    request: Request, wanted: Annotated[str, Query(alias="next")] = "/console", ended: Annotated[str, Query()] = ""
) -> Response:
    """``ended``: something was posted after the session had ended."""
    wrong = ENDED if ended else None
    return render(request, "sign_in.html", next=only_below_console(wanted), wrong=wrong, name="")


@router.post(SIGN_IN)
def sign_in(request: Request, console: Here, form: Posted) -> Response:
    passwords: Passwords = request.app.state.passwords
    name, wanted = form.get("name"), only_below_console(form.get("next") or "/console")
    user = passwords.check(name, form.raw("password"), request.client.host if request.client else "")
    if user is None:
        return render(request, "sign_in.html", 403, next=wanted, wrong=WRONG, name=name)
    if before := request.cookies.get(console.cookie):
        console.sessions.end(before)
    response = RedirectResponse(wanted, 303)
    response.set_cookie(
        console.cookie,
        console.sessions.begin(user, console.clock()),
        max_age=int(LIFE.total_seconds()),
        path="/",
        secure=console.is_secure,
        httponly=True,
        samesite="lax",
    )
    return response


@router.post(SIGN_OUT)
def sign_out(console: Here, session: Visitor) -> Response:
    console.sessions.end(session.key)
    response = RedirectResponse(SIGN_IN, 303)
    response.delete_cookie(console.cookie, path="/", secure=console.is_secure, httponly=True, samesite="lax")
    return response
