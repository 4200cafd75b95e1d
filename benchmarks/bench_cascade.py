"""What deleting one parent with 100 children costs among more and more rows of others, with an index and without.

All numbers are of one run on one server. The time is that of the DELETE alone, the median of several rolled back ones.
The rows are those that the server read of the child table for it, from ``pg_stat_xact_user_tables``: they are the same
in each run. Children of one parent lie together, so that it is the search that is measured. Before, the table is
vacuumed and analysed, as autovacuum would do, and the plan is the server's choice.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from schemaproof.postgres import Options, Server, start

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT))

from benchmarks.bench_verify import show_load, tell  # noqa: E402 (it is not installed, it runs from this folder)

SIZES, QUICK = (10_000, 100_000, 1_000_000), (1_000, 2_000)  # children of all parents together
CHILDREN = 100  # of each
ROUNDS = 7  # the first of which plan the queries, and are not counted
WARM_UP = 2

_TABLES = """
CREATE TABLE parents (id int PRIMARY KEY);
CREATE TABLE children (id int PRIMARY KEY, parent_id int NOT NULL, text text NOT NULL);
INSERT INTO parents SELECT generate_series(1, {parents});
INSERT INTO children SELECT n, 1 + (n - 1) / {each}, repeat('x', 100) FROM generate_series(1, {children}) n;
ALTER TABLE children ADD FOREIGN KEY (parent_id) REFERENCES parents ON DELETE CASCADE;
"""
_READ = "SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables WHERE relname = 'children'"


class Cost(NamedTuple):
    """Of one DELETE.

    Attributes:
        milliseconds: the median.
        rows: how many rows of the child table were read; the same each time.
    """

    milliseconds: float
    rows: int


@contextmanager
def tables(server: Server, children: int) -> Iterator[psycopg.Connection[Any]]:
    """A connection to a database with as many ``children``, 100 of each parent; dropped at the end."""
    with server.create() as database, psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.execute(_TABLES.format(parents=children // CHILDREN, children=children, each=CHILDREN).encode())
        connection.execute("VACUUM (ANALYZE)")
        yield connection


def cost(connection: psycopg.Connection[Any]) -> Cost:
    """What the delete of one parent costs.

    Raises:
        RuntimeError: when it does not read the same number of rows each time.
    """
    taken, rows = [], set()
    for _ in range(ROUNDS):
        with connection.transaction(force_rollback=True):
            before = _rows_read(connection)
            begin = time.perf_counter()
            connection.execute("DELETE FROM parents WHERE id = 1")
            taken.append((time.perf_counter() - begin) * 1e3)
            rows.add(_rows_read(connection) - before)
    if len(rows) > 1:
        raise RuntimeError(f"rows read: {sorted(rows)}")
    return Cost(statistics.median(taken[WARM_UP:]), rows.pop())


def _rows_read(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute(_READ).fetchone()
    return int(row[0]) if row else 0


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sizes", metavar="N,...", help=f"numbers of children (default: {SIZES})")
    parser.add_argument("--quick", action="store_true", help=f"sizes {QUICK}: shows that it runs")
    parser.add_argument("--postgres", default="embedded", metavar="auto|container|embedded|URL")
    parser.add_argument("--postgres-image", metavar="IMAGE")
    parser.add_argument("--postgres-bindir", metavar="DIR")
    parsed = parser.parse_args()
    if parsed.sizes is not None:
        parsed.sizes = tuple(sorted({int(size) for size in parsed.sizes.split(",")}))
    parsed.sizes = parsed.sizes or (QUICK if parsed.quick else SIZES)
    return parsed


def main() -> None:
    """Print the curve."""
    parsed = arguments()
    options = Options.read(ROOT, provider=parsed.postgres, image=parsed.postgres_image, bindir=parsed.postgres_bindir)
    with start(options) as server:
        print(server.about)
        show_load("at the start")
        print(f"\n{f'one parent of {CHILDREN} children among':<34}{'with index':>24}{'without':>24}{'ratio':>9}")
        curve = {}
        for size in parsed.sizes:
            tell(f"{size} children")
            with tables(server, size) as connection:
                without = cost(connection)
                connection.execute("CREATE INDEX ON children (parent_id)")
                curve[size] = cost(connection), without
            tell("")
            shown = "".join(f"{one.milliseconds:9.2f} ms {one.rows:>7} rows" for one in curve[size])
            ratio = without.milliseconds / curve[size][0].milliseconds
            print(f"{size:>20,} children     {shown}{ratio:9.1f}", flush=True)
        (least, first), *_, (most, last) = curve.items()
        grown = (after.milliseconds / before.milliseconds for before, after in zip(first, last, strict=True))
        print(f"\ngrowth from {least:,} to {most:,}: with index {next(grown):.1f}, without {next(grown):.1f}")
        show_load("at the end")


if __name__ == "__main__":
    main()
