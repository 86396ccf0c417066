"""Request id, security headers, metrics and a log record for every request, as plain ASGI middleware."""

import os
import re
import socket
import time
from datetime import datetime, timezone
from uuid import uuid4

import orjson
from prometheus_client import Counter, Histogram

_LABELS = ("method", "route", "status")
_REQUESTS = Counter("http_requests", "HTTP requests answered.", _LABELS)
_DURATION = Histogram(
    "http_request_duration_seconds",
    "Time from the arrival of a request to the end of its answer.",
    _LABELS,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.5, 5, 10),
)
CACHE = Counter("cache_requests", "Questions to the cache by result: hit, miss or error.", ("kind", "result"))

_GIVEN_REQUEST_ID = re.compile(rb"^[\w-]{8,64}$", re.ASCII)
_PROCESS = {"pid": os.getpid()}
_HOST = {"hostname": socket.gethostname()}
_SERVICE = {"name": "stock-analysis-baseline"}
_ECS = {"version": "8.10.0"}

_SECURITY_HEADERS = [
    (
        b"content-security-policy",
        b"default-src 'self';base-uri 'self';font-src 'self' https: data:;form-action 'self';frame-ancestors 'self';"
        b"img-src 'self' data:;object-src 'none';script-src 'self';script-src-attr 'none';"
        b"style-src 'self' 'unsafe-inline'",
    ),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"origin-agent-cluster", b"?1"),
    (b"referrer-policy", b"no-referrer"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-dns-prefetch-control", b"off"),
    (b"x-download-options", b"noopen"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"x-permitted-cross-domain-policies", b"none"),
    (b"x-xss-protection", b"0"),
]


class Observe:
    def __init__(self, app) -> None:
        self._app = app
        # Looking labels up again for every request costs more than counting.
        self._children: dict[tuple[str, str, int], tuple] = {}

    def _metrics(self, method: str, route: str, status: int) -> tuple:
        key = (method, route, status)
        children = self._children.get(key)
        if children is None:
            labels = (method, route, str(status))
            children = (_REQUESTS.labels(*labels), _DURATION.labels(*labels))
            self._children[key] = children
        return children

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        started = time.perf_counter_ns()
        given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
        request_id = given.decode() if _GIVEN_REQUEST_ID.match(given) else str(uuid4())
        scope["request_id"] = request_id
        status = 500

        async def send_observed(message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message["headers"],
                    (b"x-request-id", request_id.encode()),
                    *scope.get("rate_limit_headers", ()),
                    *_SECURITY_HEADERS,
                ]
            await send(message)

        try:
            await self._app(scope, receive, send_observed)
        finally:
            elapsed = time.perf_counter_ns() - started
            route = getattr(scope.get("route"), "path", "unknown")
            requests, duration = self._metrics(scope["method"], route, status)
            requests.inc()
            duration.observe(elapsed / 1e9)
            record = {
                "log.level": "info",
                "@timestamp": datetime.now(timezone.utc),
                "process": _PROCESS,
                "host": _HOST,
                "service": _SERVICE,
                "ecs": _ECS,
                "http": {
                    "request": {"id": request_id, "method": scope["method"]},
                    "response": {"status_code": status},
                },
                "url": {"path": scope["path"], "query": scope["query_string"].decode() or None},
                "client": {"ip": scope["client"][0]},
                "event": {"duration": elapsed},
                "labels": {"route": route, "api_key": scope.get("api_key_prefix")},
                "message": "request",
            }
            os.write(1, orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z))
