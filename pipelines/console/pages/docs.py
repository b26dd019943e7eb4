"""dbt's documentation, as the job `docs` made it."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from pipelines.console.context import Here
from pipelines.console.rendering import render
from pipelines.derivation.docs import docs_page

router = APIRouter()
# dbt's page is one file: its scripts and styles stand in it, and its templates are evaluated as text. So they may run,
# but in a sandbox of no origin: without the session's cookie or any other page of the console, and with nobody to ask.
ALONE = {
    "content-security-policy": (
        "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data:;"
        " font-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox allow-scripts"
    ),
    "cross-origin-opener-policy": "unsafe-none",  # browsers refuse a page that is in a sandbox and demands another
}


@router.get("/console/docs")
@router.get("/console/docs/")
def show(request: Request, console: Here) -> Response:
    page = docs_page(console.settings.data_dir)
    if not page.exists():
        return render(request, "docs_missing.html")
    return FileResponse(page, media_type="text/html", headers=ALONE)
