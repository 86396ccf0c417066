"""RFC 9457 problem details, as the application answers them."""

from http import HTTPStatus

import orjson
from fastapi import Request, Response


class Problem(Exception):
    def __init__(self, status: int, code: str, detail: str) -> None:
        self.status = status
        self.code = code
        self.detail = detail


def problem_response(request: Request, problem: Problem) -> Response:
    body = orjson.dumps(
        {
            "type": "about:blank",
            "title": HTTPStatus(problem.status).phrase,
            "status": problem.status,
            "code": problem.code,
            "detail": problem.detail,
            "instance": request.scope["request_id"],
        }
    )
    return Response(body, problem.status, media_type="application/problem+json; charset=utf-8")
