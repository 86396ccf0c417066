"""The API of the operations manual's stack: FastAPI on uvicorn with uvloop and httptools, asyncpg, orjson, redis-py."""

import gc
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
import uvicorn
from fastapi import FastAPI, Request, Response
from prometheus_client import start_http_server
from redis.asyncio import Redis

from . import health, jobs, stocks
from .answer_cache import AnswerCache
from .database import open_pool
from .observe import Observe
from .problem import Problem, problem_response
from .settings import read_settings

settings = read_settings()


@dataclass(slots=True)
class Context:
    database: asyncpg.Pool
    cache: AnswerCache
    queue: Redis
    secret_key: bytes
    rows_as_json: bool
    migration_names: list[str]


@asynccontextmanager
async def lifespan(app: FastAPI):
    database = await open_pool(settings)
    names = await database.fetch("SELECT name FROM schema_migration ORDER BY name")
    context = Context(
        database=database,
        cache=AnswerCache(settings.cache_url),
        queue=Redis.from_url(settings.queue_url),
        secret_key=settings.secret_key.encode(),
        rows_as_json=settings.rows_as_json,
        migration_names=[row["name"] for row in names],
    )
    app.state.context = context
    start_http_server(settings.metrics_port, addr="127.0.0.1")
    # What start-up made lives as long as the process: the collector need not walk it again and again.
    gc.collect()
    gc.freeze()
    yield
    await context.cache.close()
    await context.queue.aclose()
    await database.close()


app = FastAPI(title="Stock analysis API (baseline)", lifespan=lifespan)
app.include_router(health.router)
app.include_router(stocks.router)
app.include_router(jobs.router)
app.add_middleware(Observe)


@app.exception_handler(Problem)
async def on_problem(request: Request, problem: Problem) -> Response:
    return problem_response(request, problem)


if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=settings.http_port,
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,
    )
