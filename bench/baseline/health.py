"""Fitness of the process, asked of the same things as the application asks."""

import asyncio
import time

import orjson
from fastapi import APIRouter, Request, Response

from .tasks import QUEUE

router = APIRouter()

_CHECK_TIMEOUT_SECONDS = 1
_MISSING = "SELECT name AS missing FROM unnest($1::text[]) AS name EXCEPT SELECT name FROM schema_migration"


@router.get("/health/live")
async def live() -> Response:
    return Response(b'{"status":"ok"}', media_type="application/json; charset=utf-8")


@router.get("/health")
@router.get("/health/ready")
async def ready(request: Request) -> Response:
    context = request.app.state.context

    async def schema() -> None:
        if await context.database.fetchval("SELECT to_regclass($1)::text", "schema_migration") is None:
            raise RuntimeError("migrations are missing; run `stock migrate`")
        if await context.database.fetch(_MISSING, context.migration_names):
            raise RuntimeError("migrations are missing; run `stock migrate`")

    checks = {
        "database": context.database.fetchval("SELECT 1"),
        "schema": schema(),
        "queue": context.queue.llen(QUEUE),
        "cache": context.cache.ping(),
    }
    status = "ok"
    report = {}

    async def check(name, work) -> None:
        nonlocal status
        started = time.perf_counter()
        entry = {"status": "ok"}
        try:
            await asyncio.wait_for(work, _CHECK_TIMEOUT_SECONDS)
        except Exception as error:
            entry["status"] = "failed"
            if name != "cache":
                status = "unavailable"
            elif status == "ok":
                status = "degraded"
            entry["error"] = str(error)
        entry["duration_ms"] = round((time.perf_counter() - started) * 1000)
        report[name] = entry

    await asyncio.gather(*(check(name, work) for name, work in checks.items()))
    return Response(
        orjson.dumps({"status": status, "checks": report}),
        503 if status == "unavailable" else 200,
        media_type="application/json; charset=utf-8",
    )
