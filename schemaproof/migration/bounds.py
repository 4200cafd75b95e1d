"""Timeouts of PostgreSQL that the project sets: what they end needs nobody else to end it."""

import re
from collections.abc import Iterable
from typing import Any

import psycopg

_NAMES = ("lock_timeout", "statement_timeout", "transaction_timeout", "idle_in_transaction_session_timeout")
# As SET, set_config(), a connection's options and pg_db_role_setting spell them.
_SETTING = re.compile(
    rf"(?<!RESET )(?<!SHOW )\b({'|'.join(_NAMES)})\b['\"]?\s*(?:=|:|,|\bTO\b)\s*['\"]?(\w+)?\s*([a-z]*)", re.IGNORECASE
)
_SECONDS = {"us": 1e-6, "ms": 1e-3, "": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_UNKNOWN = float("inf")

_DEFAULTS = "SELECT format('%%s=%%sms', name, setting) FROM pg_settings WHERE name = ANY (%(names)s)"
_STORED = """
    SELECT unnest(s.setconfig) FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = s.setdatabase
    WHERE s.setdatabase = 0 OR d.datname = %(database)s
"""


def bounds_in(text: str) -> list[float]:
    """The seconds of each timeout that ``text`` sets, SQL or a connection's options; infinite where it tells none."""
    if "_timeout" not in text.lower():
        return []
    return [_seconds(value, unit) for _, value, unit in _SETTING.findall(text)]


def _seconds(value: str, unit: str) -> float:
    number, joined = re.fullmatch(r"(\d*)(\w*)", value or "").groups()  # type: ignore[union-attr]  # it matches any word
    if not number:
        return 0.0 if joined.lower() == "default" else _UNKNOWN
    return int(number) * _SECONDS.get((joined or unit).lower(), 1e-3)


def longest_bound(bounds: Iterable[float]) -> float | None:
    """The longest of ``bounds``; None where there is none. 0 bounds nothing (manual, "Statement Behavior")."""
    return max((one for one in bounds if one > 0), default=None)


def server_bound(connection: psycopg.Connection[Any], database: str) -> float | None:
    """The longest timeout that the server, the database or a role sets by itself."""
    values = {"names": list(_NAMES), "database": database}
    rows = connection.execute(f"{_DEFAULTS} UNION ALL {_STORED}", values).fetchall()
    return longest_bound(one for (text,) in rows for one in bounds_in(text))
