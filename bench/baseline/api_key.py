"""API keys, checked against the table and by the hash of the application, and remembered for as long."""

import hmac
import re
import time

from fastapi import Request

from .problem import Problem

_FORM = re.compile(r"^sk_([0-9a-f]{12})_[0-9A-Za-z_-]{43}$")
_FIND = (
    "SELECT id, name, prefix, scopes, requests_per_minute, created_at, last_used_at, revoked_at, hash FROM api_key "
    "JOIN api_key_secret ON key_id = id WHERE prefix = $1 AND revoked_at IS NULL"
)
_FRESH_SECONDS = 5
_WINDOW_SECONDS = 60
_REQUESTS_PER_MINUTE = 60_000

_known: dict[str, tuple[float, object]] = {}
_windows: dict[object, list[float]] = {}


async def _find(context, key: str):
    known = _known.get(key)
    if known is not None and time.monotonic() - known[0] < _FRESH_SECONDS:
        return known[1]
    match = _FORM.match(key)
    found = await context.database.fetchrow(_FIND, match.group(1)) if match else None
    if found is None or not hmac.compare_digest(
        found["hash"], hmac.digest(context.secret_key, key.encode(), "sha256")
    ):
        _known.pop(key, None)
        return None
    _known[key] = (time.monotonic(), found)
    return found


def _count(found) -> tuple[int, int, int]:
    """The limit of a key, how many requests it has left in this minute, and the seconds until the next."""
    now = time.monotonic()
    window = _windows.get(found["id"])
    if window is None or now - window[0] >= _WINDOW_SECONDS:
        window = _windows[found["id"]] = [now, 0]
    window[1] += 1
    limit = found["requests_per_minute"] or _REQUESTS_PER_MINUTE
    return limit, limit - int(window[1]), -int(-(_WINDOW_SECONDS - (now - window[0])) // 1)


def require_scope(scope: str):
    async def check(request: Request) -> None:
        key = request.headers.get("x-api-key")
        if key is None:
            raise Problem(
                401, "missing_api_key", "send an API key in the X-API-Key header; `stock apikey create` makes one"
            )
        found = await _find(request.app.state.context, key)
        if found is None:
            raise Problem(401, "invalid_api_key", "the API key is unknown or revoked")
        limit, remaining, reset = _count(found)
        request.scope["rate_limit_headers"] = [
            (b"ratelimit-limit", b"%d" % limit),
            (b"ratelimit-remaining", b"%d" % max(0, remaining)),
            (b"ratelimit-reset", b"%d" % reset),
        ]
        if remaining < 0:
            raise Problem(
                429, "too_many_requests", f"this key may make {limit} requests a minute; try again in {reset} s"
            )
        scopes = found["scopes"]
        if scope not in scopes and "admin" not in scopes:
            raise Problem(
                403, "insufficient_scope", f"this needs a key with scope '{scope}'; yours has {', '.join(scopes)}"
            )
        request.scope["api_key_prefix"] = found["prefix"]

    return check
