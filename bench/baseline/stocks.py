"""The routes under /api/v1/stocks."""

import base64
import re
from datetime import date, datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from .answer_cache import DAILY_SECONDS, HISTORICAL_SECONDS, NEGATIVE_SECONDS, Answer, etag_of
from .api_key import require_scope
from .envelope import UNITS, now, opening, provenance, remainder, warnings_for
from .observe import CACHE
from .problem import Problem
from .symbol import parse_symbol

router = APIRouter(prefix="/api/v1/stocks", dependencies=[Depends(require_scope("read"))])

_SHANGHAI = ZoneInfo("Asia/Shanghai")
_JSON = "application/json; charset=utf-8"
_HIT, _MISS, _ERROR = (
    {kind: CACHE.labels(kind, result) for kind in ("daily", "stocks")} for result in ("hit", "miss", "error")
)

_BARS = """
  SELECT trade_date, trim_scale(open) AS open, trim_scale(high) AS high, trim_scale(low) AS low,
         trim_scale(close) AS close, trim_scale(pre_close) AS pre_close, trim_scale(change) AS change,
         trim_scale(pct_chg) AS pct_chg, volume, amount, source
  FROM stock_data
  WHERE symbol = $1 AND trade_date >= $2 AND trade_date <= $3 AND trade_date > $4
  ORDER BY trade_date
  LIMIT $5::int + 1"""

_BARS_AS_JSON = f"""
  WITH page AS ({_BARS}), shown AS (SELECT * FROM page ORDER BY trade_date LIMIT $5)
  SELECT (SELECT coalesce(string_agg(row_to_json(shown)::text, ',' ORDER BY trade_date), '') FROM shown) AS data,
         (SELECT coalesce(array_agg(DISTINCT source ORDER BY source), '{{}}') FROM shown) AS sources,
         (SELECT max(trade_date) FROM shown) AS last_day,
         (SELECT count(*) > $5 FROM page) AS has_more"""

_STOCKS = """
  SELECT symbol, exchange, name, area, industry, list_status, list_date, delist_date, source FROM stock
  WHERE symbol > $1 AND ($2::text IS NULL OR exchange = $2)
    AND ($3::text IS NULL OR symbol LIKE upper($3) || '%' OR name ILIKE '%' || $3 || '%')
    AND ($4::text IS NULL OR list_status = $4)
  ORDER BY symbol LIMIT $5"""


class Page(BaseModel):
    model_config = ConfigDict(extra="forbid")

    limit: int = Field(100, ge=1, le=1000)
    cursor: str | None = Field(None, max_length=64)


class StocksQuery(Page):
    exchange: Literal["SH", "SZ", "BJ"] | None = None
    status: Literal["listed", "paused", "delisted"] | None = None
    query: str | None = Field(None, min_length=1, max_length=50)


class DailyQuery(Page):
    limit: int = Field(100, ge=1, le=10_000)
    adjust: Literal["none"] = "none"
    start: date = date(1990, 1, 1)
    end: date = date(9999, 12, 31)


def encode_cursor(last_key: str) -> str:
    return base64.urlsafe_b64encode(last_key.encode()).rstrip(b"=").decode()


def decode_cursor(cursor: str, form: re.Pattern[str]) -> str:
    try:
        key = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError:
        key = ""
    if not form.match(key) or encode_cursor(key) != cursor:
        raise Problem(
            400,
            "invalid_cursor",
            f"cursor '{cursor}' is not one this list gave; leave it out to start at the beginning",
        )
    return key


_SYMBOL_KEY = re.compile(r"^\d{6}\.(SH|SZ|BJ)$")
_DAY_KEY = re.compile(r"^\d{4}-\d{2}-\d{2}$")
_BEFORE_ALL = date(1, 1, 1)


@router.get("")
async def stocks(request: Request, query: Annotated[StocksQuery, Query()]) -> Response:
    after = "" if query.cursor is None else decode_cursor(query.cursor, _SYMBOL_KEY)
    pattern = None if query.query is None else re.sub(r"[\\%_]", r"\\\g<0>", query.query)
    context = request.app.state.context
    key = f"stocks:{query.exchange}:{query.status}:{query.limit}:{after}:{query.query}"
    answer, version = await _find(context, "stocks", "market", key)
    if answer is not None:
        return _send(request, answer, cached=True)

    read_at = now()
    rows = await context.database.fetch(_STOCKS, after, query.exchange, pattern, query.status, query.limit + 1)
    shown = [dict(row) for row in rows[: query.limit]]
    has_more = len(rows) > query.limit
    sources = {row["source"] for row in shown}
    meta = {
        **provenance(sources),
        "adjust": None,
        "units": None,
        "next_cursor": encode_cursor(shown[-1]["symbol"]) if has_more else None,
    }
    body = remainder(meta, orjson.dumps(shown), warnings_for(sources))
    answer = Answer(body, etag_of(body), read_at)
    if version is not None:
        await context.cache.store(key, version, answer, DAILY_SECONDS)
    return _send(request, answer, cached=False)


@router.get("/{symbol}/daily")
async def daily(request: Request, symbol: str, query: Annotated[DailyQuery, Query()]) -> Response:
    context = request.app.state.context
    symbol = parse_symbol(symbol)
    start, end, limit = query.start, query.end, query.limit
    if start > end:
        raise Problem(400, "invalid_request", f"start {start} is after end {end}; swap them")
    after = _BEFORE_ALL if query.cursor is None else date.fromisoformat(decode_cursor(query.cursor, _DAY_KEY))

    key = f"daily:{symbol}:{query.adjust}:{start}:{end}:{limit}:{after}"
    answer, version = await _find(context, "daily", symbol, key)
    if answer is not None:
        return _send(request, answer, cached=True)

    read_at = now()
    read = _read_json if context.rows_as_json else _read_rows
    data, sources, last_day, has_more = await read(context.database, symbol, start, end, after, limit)
    if last_day is None and not await context.database.fetchval("SELECT true FROM stock WHERE symbol = $1", symbol):
        raise Problem(
            404, "unknown_symbol", f"there is no stock {symbol} here; /api/v1/stocks lists those there are"
        )
    meta = {
        "symbol": symbol,
        "adjust": query.adjust,
        "factor_source": None,
        **provenance(sources),
        "units": UNITS,
        "next_cursor": encode_cursor(last_day.isoformat()) if has_more else None,
    }
    # All but what differs from one answer to the next.
    body = remainder(meta, data, warnings_for(sources))
    answer = Answer(body, etag_of(body), read_at)
    if version is not None:
        is_past = end < datetime.now(_SHANGHAI).date()
        seconds = HISTORICAL_SECONDS if is_past else DAILY_SECONDS
        await context.cache.store(key, version, answer, NEGATIVE_SECONDS if last_day is None else seconds)
    return _send(request, answer, cached=False)


async def _find(context, kind: str, subject: str, key: str) -> tuple[Answer | None, str | None]:
    """The current answer, if any, and the version to store a new one under, None when Redis fails."""
    found = await context.cache.find(subject, key)
    if found is None:
        _ERROR[kind].inc()
        return None, None
    (_MISS if found[0] is None else _HIT)[kind].inc()
    return found


async def _read_rows(database, symbol, start, end, after, limit):
    rows = await database.fetch(_BARS, symbol, start, end, after, limit)
    shown = [dict(row) for row in rows[:limit]]
    sources = {row["source"] for row in shown}
    last_day = shown[-1]["trade_date"] if shown else None
    return orjson.dumps(shown), sources, last_day, len(rows) > limit


async def _read_json(database, symbol, start, end, after, limit):
    row = await database.fetchrow(_BARS_AS_JSON, symbol, start, end, after, limit)
    return b"[%b]" % row["data"].encode(), row["sources"], row["last_day"], row["has_more"]


def _send(request: Request, answer: Answer, cached: bool) -> Response:
    headers = {"etag": f'W/"{answer.etag}"', "cache-control": "private, no-cache", "vary": "Accept"}
    known = request.headers.get("if-none-match")
    if known is not None and f'"{answer.etag}"' in known:
        return Response(None, 304, headers)
    body = opening(request.scope["request_id"], answer.read_at, cached) + answer.body
    return Response(body, headers=headers, media_type=_JSON)
