"""The pool of database connections."""

import asyncpg
import orjson

from .settings import Settings


class Connection(asyncpg.Connection):
    # The statements here leave nothing behind in a session, so the round trip that would clean it up is saved.
    def get_reset_query(self) -> str:
        return ""


async def _prepare(connection: asyncpg.Connection) -> None:
    # A number stays the text PostgreSQL sends: no digit is lost, and orjson copies it as it is.
    await connection.set_type_codec(
        "numeric", schema="pg_catalog", encoder=str, decoder=orjson.Fragment, format="text"
    )
    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=str, decoder=orjson.loads)


async def open_pool(settings: Settings) -> asyncpg.Pool:
    return await asyncpg.create_pool(
        settings.database_url,
        password=settings.database_password,
        min_size=settings.pool_size,
        max_size=settings.pool_size + settings.max_overflow,
        connection_class=Connection,
        init=_prepare,
        server_settings={
            "application_name": "stock-baseline",
            # A plan made for any day opens every partition at each execution; planning for the days asked costs less.
            "plan_cache_mode": "force_custom_plan",
        },
    )
