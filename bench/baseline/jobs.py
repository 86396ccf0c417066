"""The route that accepts jobs: recorded in PostgreSQL first, then handed to Celery, as the application does."""

from datetime import date, datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import orjson
from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from .api_key import require_scope
from .envelope import OWN_META, now, opening, remainder
from .problem import Problem
from .symbol import parse_symbol
from .tasks import celery

router = APIRouter(prefix="/api/v1/jobs", dependencies=[Depends(require_scope("write"))])

_SHANGHAI = ZoneInfo("Asia/Shanghai")
_FIRST_DAY = date(1990, 1, 1)

_RECORD = """
  INSERT INTO job (type, request, priority, state) VALUES ($1, $2, $3, 'queued')
  ON CONFLICT (type, md5(request::text)) WHERE finished_at IS NULL AND parent_id IS NULL DO NOTHING RETURNING *"""
_FIND = "SELECT * FROM job WHERE type = $1 AND md5(request::text) = md5($2::jsonb::text) AND finished_at IS NULL"
_SCHEDULED_PRIORITY = 5


class JobRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    type: Literal["ingest"]
    dataset: Literal["daily"] = "daily"
    source: Literal["sample"]
    symbols: list[Annotated[str, StringConstraints(max_length=20)]] | None = Field(
        None, min_length=1, max_length=1000
    )
    start: date
    end: date
    priority: int = Field(_SCHEDULED_PRIORITY, ge=1, le=100)


def _milliseconds(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z" if moment else None


@router.post("")
async def submit(request: Request, wanted: JobRequest) -> Response:
    today = datetime.now(_SHANGHAI).date()
    if wanted.start < _FIRST_DAY:
        raise Problem(400, "invalid_request", f"start {wanted.start} is before {_FIRST_DAY}")
    if wanted.start > wanted.end:
        raise Problem(400, "invalid_request", f"start {wanted.start} is after end {wanted.end}; swap them")
    if wanted.end > today:
        raise Problem(
            400, "invalid_request", f"end {wanted.end} is in the future; today in Shanghai is {today}"
        )
    body = orjson.dumps(
        {
            "dataset": wanted.dataset,
            "source": wanted.source,
            "symbols": sorted({parse_symbol(text) for text in wanted.symbols}) if wanted.symbols else None,
            "start": wanted.start,
            "end": wanted.end,
        }
    ).decode()
    database = request.app.state.context.database
    job = None
    is_new = False
    while job is None:
        job = await database.fetchrow(_RECORD, wanted.type, body, wanted.priority)
        is_new = job is not None
        # None again means that the other job finished in between, so this one can be recorded now.
        job = job or await database.fetchrow(_FIND, wanted.type, body)
    if is_new:
        # One short write to a local socket: handing it to a thread costs more than it frees.
        celery.send_task("stock.ingest", args=(str(job["id"]),), task_id=str(job["id"]))
    shown = {
        "job_id": str(job["id"]),
        "type": job["type"],
        "state": job["state"],
        "request": job["request"],
        "priority": job["priority"],
        "parent_id": job["parent_id"],
        "unfinished_children": job["unfinished_children"],
        "attempts": job["attempts"],
        "not_before": _milliseconds(job["not_before"]),
        "is_revoke_requested": job["revoke_requested_at"] is not None,
        "result": job["result"],
        "error": job["error"],
        "error_kind": job["error_kind"],
        "created_at": _milliseconds(job["created_at"]),
        "finished_at": _milliseconds(job["finished_at"]),
    }
    meta = {**OWN_META, "deduplicated": not is_new}
    request_id = request.scope["request_id"]
    return Response(
        opening(request_id, now(), False) + remainder(meta, orjson.dumps(shown), []),
        202,
        {"location": f"/api/v1/jobs/{job['id']}"},
        "application/json; charset=utf-8",
    )
