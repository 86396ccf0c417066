"""What the baseline reads from its environment: the same variables as the application."""

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    database_url: str
    database_password: str
    pool_size: int
    max_overflow: int
    cache_url: str
    queue_url: str
    secret_key: str
    http_port: int
    metrics_port: int
    rows_as_json: bool


def read_settings() -> Settings:
    env = os.environ
    return Settings(
        database_url=env["DATABASE_URL"],
        database_password=env["DATABASE_PASSWORD"],
        pool_size=int(env.get("DATABASE_POOL_SIZE", "5")),
        max_overflow=int(env.get("DATABASE_MAX_OVERFLOW", "5")),
        cache_url=env["REDIS_URL"],
        queue_url=env["QUEUE_URL"],
        secret_key=env["SECRET_KEY"],
        http_port=int(env.get("HTTP_PORT", "8000")),
        metrics_port=int(env.get("METRICS_PORT", "8001")),
        # Lets PostgreSQL write the rows as JSON instead of building them here.
        rows_as_json=env.get("BASELINE_ROWS_AS_JSON") == "true",
    )
