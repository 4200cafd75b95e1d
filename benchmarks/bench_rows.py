"""How many examples a second: Faceplate's rows drawn, planted, deleted from, read and rolled back, beside its parts.

All numbers are of one run on one connection. An example is what ``delete-in-sql`` does: rows of all four tables, a
DELETE of some users, and all that is left compared with the oracle's. It draws without Hypothesis, which is asked for
something plainer once an example shows a difference.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import psycopg
from hypothesis import HealthCheck, Phase, given, settings

from schemaproof.migration.history import open_history
from schemaproof.postgres import Options, start
from schemaproof.project.settings import Settings
from schemaproof.proofs.deletes.deletes import Case, Deletes, cases, expected, samples
from schemaproof.proofs.deletes.graph import TableName
from schemaproof.proofs.deletes.outcome import agree
from schemaproof.proofs.deletes.prepare import copied, ground_of

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT))

from benchmarks.bench_verify import show_load  # noqa: E402 (it is not installed, it runs from this folder)

EXAMPLES, QUICK = 1500, 20
USERS = TableName("faceplate", "users")
TABLES = [TableName("faceplate", name) for name in ("users", "conversations", "messages", "mcp_configs")]


def rate(examples: int, strategy: Any, each: Callable[[Any], object]) -> float:
    """How many examples of ``strategy`` a second ``each`` is called with, as in the profile ci."""
    count = 0

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def run(example: Any) -> None:
        nonlocal count
        count += 1
        each(example)

    begin = time.perf_counter()
    run()
    return count / (time.perf_counter() - begin)


def rate_of_samples(examples: int, sampled: Iterator[Any], each: Callable[[Any], object]) -> float:
    """How many of the first ``examples`` samples a second ``each`` is called with."""
    begin = time.perf_counter()
    for example in islice(sampled, examples):
        each(example)
    return examples / (time.perf_counter() - begin)


def main() -> None:
    """Print the rates."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} examples: shows that it runs")
    parser.add_argument("--postgres", default="embedded", metavar="auto|container|embedded|URL")
    parsed = parser.parse_args()
    examples = QUICK if parsed.quick else EXAMPLES
    subject = Settings.read(ROOT, {}, known=[]).subject
    with start(Options.read(ROOT, provider=parsed.postgres)) as server, open_history(subject, server) as history:
        print(server.about)
        show_load("at the start")
        begin = time.perf_counter()
        ground = ground_of(history)
        print(f"\nlearnt four tables in {time.perf_counter() - begin:.2f} s")
        with copied(history) as database, psycopg.connect(database.dsn, autocommit=True) as connection:
            deletes, drawn = Deletes(connection.cursor(), ground, examples=examples), cases(ground.population, TABLES)
            rows: list[int] = []

            def whole(case: Case) -> None:
                done = deletes.delete(USERS, TABLES, case)
                if done is None:
                    raise RuntimeError("rows were refused")
                if not agree(ground.both, expected(ground.model, done), done.after):
                    raise RuntimeError("the oracle disagrees")
                rows.append(sum(map(len, done.before.values())))

            drawing = rate(examples, drawn, lambda _: None)
            sampled = samples(ground.population, TABLES)
            sampling = rate_of_samples(examples, sampled(Random(0)), lambda _: None)  # noqa: S311 (no secret)
            all_of_it = rate_of_samples(examples, sampled(Random(0)), whole)  # noqa: S311 (likewise)
        print(f"{'rows in an example, on average':<40}{sum(rows) / len(rows):>8.1f}")
        print(f"{'examples drawn by Hypothesis':<40}{drawing:>8.0f} a second")
        print(f"{'examples drawn without':<40}{sampling:>8.0f} a second ({sampling / drawing:.2f})")
        print(f"{'drawn, planted, deleted from, compared':<40}{all_of_it:>8.0f} a second ({all_of_it / drawing:.2f})")
        show_load("at the end")


if __name__ == "__main__":
    main()
