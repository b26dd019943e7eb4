"""What stands before every page: who is signed in, and, before anything is done, that this person meant it."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.routing import Match

from pipelines.console.context import Console, console_of
from pipelines.console.forms import Form, is_of
from pipelines.console.refusals import Refusal, SignedOut
from pipelines.console.sessions import Session, digest

SIGN_IN = "/console/sign-in"
SIGN_OUT = "/console/sign-out"


def guard(request: Request) -> None:
    """Of every route: puts the `Session` into ``request.state.session`` and what was posted into
    ``request.state.form``. Raises `SignedOut`, `Refusal`."""
    console, is_post = console_of(request), request.method not in ("GET", "HEAD")
    if is_post:
        check_origin(request, console.settings.console_url)
    if request.url.path == SIGN_IN:
        request.state.session = None
        request.state.form = Form(request.state.body)
        return
    session = signed_in(request, console)
    if session is None:
        raise SignedOut
    request.state.session = session
    if is_post:
        request.state.form = checked(request, console, session)


def signed_in(request: Request, console: Console) -> Session | None:
    key = request.cookies.get(console.cookie)
    return console.sessions.find(key, console.clock()) if key else None


def checked(request: Request, console: Console, session: Session) -> Form:
    form = Form(request.state.body)
    token = form.get("csrf_token")
    if not is_of(session.key, token):
        raise Refusal(403, "this form is of another session or too old: go back, load the page anew, and send it again")
    if not session.user.acts and request.url.path != SIGN_OUT:
        raise Refusal(403, f"{session.name} is a viewer, who sees and does not act: ask an operator")
    if not console.sessions.is_first_post(digest(f"{request.url.path} {token}"), console.clock()):
        raise Refusal(
            409,
            "this form was sent before, and is good for one time: look whether it was done, and if not"
            " load the page anew",
        )
    return form


def check_origin(request: Request, public: str) -> None:
    """Raises `Refusal`."""
    expected = public or f"http://{request.headers.get('host', '')}"
    found = request.headers.get("origin")
    if found != expected:
        raise Refusal(403, f"sent from {found or 'nowhere'}: forms are taken from {expected} alone")


def came_from(request: Request) -> str:
    """The page that a form stood on, which is ours: its origin was checked."""
    page = urlsplit(request.headers.get("referer", ""))
    return only_below_console(page.path + (f"?{page.query}" if page.query else ""))


def only_below_console(path: str) -> str:
    """Where a sign-in may lead to."""
    parts = urlsplit(path)
    is_safe = not (parts.scheme or parts.netloc) and "\\" not in path and path.isprintable()
    is_ours = parts.path == "/console" or parts.path.startswith("/console/")
    return path if is_safe and is_ours and "/.." not in path and not path.startswith("//") else "/console"


def way_back(request: Request) -> str:
    """The page whose form was posted, as it says itself, or the nearest one above what was asked for."""
    form = getattr(request.state, "form", None)
    if form and (named := form.get("back")):
        return only_below_console(named)
    path = request.url.path
    is_itself = request.method not in ("GET", "HEAD") or request.url.query
    above = ["/".join(path.split("/")[:end]) for end in range(path.count("/"), 1, -1)]
    return next((one for one in [*([path] if is_itself else []), *above] if is_page(request, one)), "/console")


def is_page(request: Request, path: str) -> bool:
    scope = {"type": "http", "path": path, "method": "GET", "root_path": "", "headers": []}
    return any(one.matches(scope)[0] is Match.FULL for one in request.app.routes)


def _session(request: Request) -> Session:
    session: Session = request.state.session
    return session


def _form(request: Request) -> Form:
    form: Form = request.state.form
    return form


Visitor = Annotated[Session, Depends(_session)]
Posted = Annotated[Form, Depends(_form)]
