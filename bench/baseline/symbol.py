"""Canonical stock symbols, by the rules of the application."""

import re

from .problem import Problem

_PREFIXES = (
    (re.compile(r"^(60|68|900)"), "SH"),
    (re.compile(r"^(000|001|002|003|200|300|301|302)"), "SZ"),
    (re.compile(r"^(920|43|82|83|87|88)"), "BJ"),
)
_EXCHANGES = {"SH": "SH", "SS": "SH", "XSHG": "SH", "SZ": "SZ", "XSHE": "SZ", "BJ": "BJ", "XBSE": "BJ"}
_FORMS = re.compile(
    r"^(?:(?P<prefix>SH|SZ|BJ)\.?|(?P<market>[01])\.)?(?P<code>\d{6})(?:\.(?P<suffix>SH|SS|SZ|BJ|XSHG|XSHE|XBSE))?$"
)


def parse_symbol(text: str) -> str:
    match = _FORMS.match(text.strip().upper())
    if match is None:
        raise Problem(
            400, "invalid_symbol", f"'{text}' is not a stock symbol; write it as 000001.SZ, 600000.SH or 920163.BJ"
        )
    prefix, market, code, suffix = match.groups()
    exchange = next((name for pattern, name in _PREFIXES if pattern.match(code)), None)
    if exchange is None:
        raise Problem(
            400, "invalid_symbol", f"'{text}' is not a stock symbol: no exchange lists stocks under {code[:3]}xxx"
        )
    named = [_EXCHANGES[name] for name in (prefix, suffix) if name is not None]
    if any(name != exchange for name in named) or (market is not None and (market == "1") != (exchange == "SH")):
        raise Problem(400, "invalid_symbol", f"'{text}' is not a stock: {code} as a stock is {code}.{exchange}")
    return f"{code}.{exchange}"
