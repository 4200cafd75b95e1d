"""The random password of a throwaway server, in a form that is checked quickly."""

import psycopg
from psycopg import sql


def set_password(connection: "psycopg.Connection[tuple[object, ...]]", user: str, password: str) -> None:
    """Give ``user`` the ``password``, at the least cost for a login that the server offers.

    The rounds of SCRAM slow down who guesses a password that a person chose. A random one can't be guessed, and in
    asyncpg, which counts them in Python, they are half of the time that a connection takes. Before 16 they are fixed.
    """
    if connection.info.server_version >= 160000:
        connection.execute("SET scram_iterations = 1")
    connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(user), sql.Literal(password)))
