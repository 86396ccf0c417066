"""The envelope of all answers: what differs between requests first, then what is the same for all of them."""

from datetime import datetime, timezone
from time import time

import orjson

OWN_META = {
    "source": None,
    "is_fallback": False,
    "fallback_from": None,
    "adjust": None,
    "units": None,
    "next_cursor": None,
}
UNITS = {"price": "CNY", "volume": "shares", "amount": "CNY"}

_SYNTHETIC = "rows of source 'sample' are synthetic: they come from no market"
_PREFERRED = "tushare"


def now() -> int:
    """Milliseconds since 1970."""
    return int(time() * 1000)


def moment(milliseconds: int) -> str:
    at = datetime.fromtimestamp(milliseconds / 1000, timezone.utc)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"


def warnings_for(sources) -> list[str]:
    return [_SYNTHETIC] if "sample" in sources else []


def provenance(sources) -> dict:
    is_fallback = any(source not in ("sample", _PREFERRED) for source in sources)
    return {
        "source": "mixed" if len(sources) > 1 else next(iter(sources), None),
        "is_fallback": is_fallback,
        "fallback_from": _PREFERRED if is_fallback else None,
    }


def opening(request_id: str, read_at: int, cached: bool) -> bytes:
    age = (now() - read_at) // 1000 if cached else "null"
    text = (
        f'{{"meta":{{"request_id":"{request_id}","cached":{"true" if cached else "false"},'
        f'"cache_age_seconds":{age},"as_of":"{moment(read_at)}","stale":false,'
    )
    return text.encode()


def remainder(meta: dict, data: bytes, warnings: list[str]) -> bytes:
    return b'%b,"data":%b,"warnings":%b}' % (orjson.dumps(meta)[1:], data, orjson.dumps(warnings))

