"""What each upgrade makes anew is told from what differs for another reason."""

import psycopg
import pytest

from schemaproof.catalog import Catalog, diff
from schemaproof.migration.moments import Moments
from schemaproof.postgres import Server


@pytest.fixture
def catalogs(postgres_server: Server) -> list[Catalog]:
    """Of three databases: "at" has another default each time, "n" another one in the last two; so are the names."""

    def made(number: int) -> Catalog:
        odd = min(number, 1)
        with postgres_server.create() as database, psycopg.connect(database.dsn) as connection:
            connection.execute(
                f"CREATE TABLE t (at int DEFAULT {number}, n int DEFAULT {odd});"
                f" CREATE INDEX drawn_{number} ON t (at); CREATE VIEW seen_{odd} AS SELECT 1".encode()
            )
            return Catalog.read(connection)

    return [made(number) for number in range(3)]


def test_what_three_upgrades_make_different_is_of_the_moment(catalogs: list[Catalog]) -> None:
    moments = Moments.of(*catalogs)
    told = [str(one) for one in moments.among(diff(catalogs[0], catalogs[1]))]
    assert [one.partition(":")[0] for one in told] == [
        "column public.t.at",
        "index public.drawn_0",
        "index public.drawn_1",
    ]


def test_what_two_of_three_upgrades_agree_in_has_another_cause(catalogs: list[Catalog]) -> None:
    moments = Moments.of(*catalogs)
    told = [str(one).partition(":")[0] for one in moments.without(diff(catalogs[0], catalogs[1]))]
    assert told == ["column public.t.n", "view public.seen_0", "view public.seen_1"]
