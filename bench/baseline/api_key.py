"""API keys, checked against the table and by the hash of the application."""

import hmac
import re

from fastapi import Request

from .problem import Problem

_FORM = re.compile(r"^sk_([0-9a-f]{12})_[0-9A-Za-z_-]{43}$")
_FIND = (
    "SELECT id, name, prefix, scopes, created_at, revoked_at, hash FROM api_key "
    "WHERE prefix = $1 AND revoked_at IS NULL"
)


def require_scope(scope: str):
    async def check(request: Request) -> None:
        key = request.headers.get("x-api-key")
        if key is None:
            raise Problem(
                401, "missing_api_key", "send an API key in the X-API-Key header; `stock apikey create` makes one"
            )
        match = _FORM.match(key)
        context = request.app.state.context
        found = await context.database.fetchrow(_FIND, match.group(1)) if match else None
        if found is None or not hmac.compare_digest(
            found["hash"], hmac.digest(context.secret_key, key.encode(), "sha256")
        ):
            raise Problem(401, "invalid_api_key", "the API key is unknown or revoked")
        scopes = found["scopes"]
        if scope not in scopes and "admin" not in scopes:
            raise Problem(
                403, "insufficient_scope", f"this needs a key with scope '{scope}'; yours has {', '.join(scopes)}"
            )
        request.scope["api_key_prefix"] = found["prefix"]

    return check
