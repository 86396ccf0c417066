"""Final bytes of answers in Redis, with the application's lifetimes, stamped with the version of the symbol."""

import base64
import hashlib
import random
from dataclasses import dataclass

from redis.asyncio import Redis
from redis.exceptions import RedisError

from .envelope import now

DAILY_SECONDS = 3600
HISTORICAL_SECONDS = 86400
NEGATIVE_SECONDS = 30
_STALE_SECONDS = 86400


@dataclass(slots=True)
class Answer:
    body: bytes
    etag: str
    read_at: int


def etag_of(body: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b"=").decode()


class AnswerCache:
    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(url, socket_timeout=0.25)

    async def ping(self) -> None:
        await self._redis.ping()

    async def find(self, symbol: str, key: str) -> tuple[Answer | None, str] | None:
        """The current answer, if any, and the version to store a new one under; None when Redis fails."""
        try:
            stamp, stored = await self._redis.mget(f"version:{symbol}", f"answer:{key}")
        except RedisError:
            return None
        version = stamp.decode() if stamp else "0"
        if stored is None:
            return None, version
        end = stored.index(b"\n")
        written_under, fresh_until, read_at, etag = stored[:end].decode().split(" ")
        if written_under != version or now() >= int(fresh_until):
            return None, version
        return Answer(stored[end + 1 :], etag, int(read_at)), version

    async def store(self, key: str, version: str, answer: Answer, seconds: int) -> None:
        fresh_seconds = seconds * (0.9 + random.random() * 0.2)
        line = f"{version} {now() + int(fresh_seconds * 1000)} {answer.read_at} {answer.etag}\n"
        try:
            await self._redis.set(f"answer:{key}", line.encode() + answer.body, ex=int(fresh_seconds) + _STALE_SECONDS)
        except RedisError:
            pass

    async def close(self) -> None:
        await self._redis.aclose()
