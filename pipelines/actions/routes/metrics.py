"""``/metrics``, for whoever reaches the port: figures, and nobody's data."""

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from pipelines.actions.metrics import Metrics
from pipelines.actions.web.admission import OpenRoute
from pipelines.actions.web.openapi import PROBLEM
from pipelines.actions.web.tenant_param import Alone

router = APIRouter(tags=["service"], route_class=OpenRoute)
TEXT = {"description": "Success", "content": {"text/plain": {"schema": {"type": "string"}}}}


@router.get("/metrics", summary="Figures for Prometheus", responses={200: TEXT, "4XX": PROBLEM, "5XX": PROBLEM})
def get_metrics(request: Request, _alone: Alone) -> Response:
    metrics: Metrics = request.app.state.metrics
    return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)
