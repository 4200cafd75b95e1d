"""Statements that stay prepared on a connection whatever is rolled back.

psycopg deallocates all that it prepared with every ROLLBACK, so each example would parse and plan its statements anew:
here they are prepared below psycopg, which is told to prepare nothing itself.
"""

from collections.abc import Sequence
from hashlib import sha1
from typing import Any, cast
from weakref import WeakKeyDictionary

import psycopg
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

_PREPARED: "WeakKeyDictionary[psycopg.Connection[Any], set[bytes]]" = WeakKeyDictionary()
_GOOD = {ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK}


def execute(connection: psycopg.Connection[Any], query: str, parameters: Sequence[str] = ()) -> list[str]:
    """The columns of the query's only row; [] where it yields none.

    Args:
        connection: on which psycopg prepares nothing from now on (``prepare_threshold``).
        query: with ``$1``, ... for its parameters; the same text is prepared once.
        parameters: as text.

    Raises:
        psycopg.Error: where the server refuses.
    """
    if connection.prepare_threshold is not None:
        # Else psycopg would do so at the next ROLLBACK; it forgets its own ones only while it may prepare any.
        connection.execute("DEALLOCATE ALL")
        connection.prepare_threshold = None
        _PREPARED[connection] = set()
    known = _PREPARED.setdefault(connection, set())
    name = b"schemaproof_" + sha1(query.encode(), usedforsecurity=False).hexdigest().encode()
    with connection.lock:
        if name not in known:
            _checked(connection, connection.pgconn.prepare(name, query.encode()))
            known.add(name)
        values = [one.encode() for one in parameters]
        result = _checked(connection, connection.pgconn.exec_prepared(name, values))
    if not result.ntuples:
        return []
    return [cast("bytes", result.get_value(0, column)).decode() for column in range(result.nfields)]


def _checked(connection: psycopg.Connection[Any], result: PGresult) -> PGresult:
    if result.status not in _GOOD:
        raise psycopg.errors.error_from_result(cast("Any", result), connection.info.encoding)
    return result
