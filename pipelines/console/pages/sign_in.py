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


@router.get(SIGN_IN)
def form(request: Request, wanted: Annotated[str, Query(alias="next")] = "/console") -> Response:
    return render(request, "sign_in.html", next=only_below_console(wanted), wrong=None, name="")


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
