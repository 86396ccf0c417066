"""Final bytes of answers in Redis, with the application's lifetimes, stamped with the version of the symbol."""

from redis.asyncio import Redis
from redis.exceptions import RedisError

DAILY_SECONDS = 3600
HISTORICAL_SECONDS = 86400


class AnswerCache:
    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(url, socket_timeout=0.25)

    async def ping(self) -> None:
        await self._redis.ping()

    async def find(self, symbol: str, key: str) -> tuple[bytes | None, bytes] | None:
        """The current answer, if any, and the stamp to store a new one under; None when Redis fails."""
        try:
            version, stored = await self._redis.mget(f"version:{symbol}", key)
        except RedisError:
            return None
        stamp = (version or b"0") + b"\n"
        if stored is not None and stored.startswith(stamp):
            return stored[len(stamp) :], stamp
        return None, stamp

    async def store(self, key: str, stamp: bytes, answer: bytes, seconds: int) -> None:
        try:
            await self._redis.set(key, stamp + answer, ex=seconds)
        except RedisError:
            pass

    async def close(self) -> None:
        await self._redis.aclose()
