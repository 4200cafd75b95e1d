"""What a request costs with ``schema.database.Database``, beside other pools: requests a second, processor time, waits.

All numbers are of one run on one throwaway server, which answers at once and writes nothing to disk: with a network
between and a COMMIT that waits for a disk, all contenders come closer to each other. 50 tasks share 20 connections, in
a closed loop (who is answered asks again) and in waves (all ask at once when the last is answered). Contenders take
turns, round by round, so that what else the machine does hits all alike; a ratio is the median of the rounds' ratios.

"cpu" is this process' processor time of a request, without that of the load generator: what bounds the requests of
one process, and what a busy machine blurs least. Waits are of all rounds; uvloop's clock counts whole milliseconds.
"opened" are connections that the server saw opened beyond the first 20, in all rounds together. Ratios are to bare
asyncpg, which is the limit, and ("of 20+0") to SQLAlchemy's own pool of 20 + 0, the same engine without what Database
adds to it. Goal (issue 13, section 7): 0.95 of the rate of SQLAlchemy 20 + 0, in all tables; none opened.
"""

import argparse
import asyncio
import gc
import importlib
import platform
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import psycopg

from schemaproof.postgres import Database, Options, Server, start
from schemaproof.postgres.binaries import find
from schemaproof.traffic.load import closed_loop, waves
from schemaproof.traffic.report import LoadReport
from schemaproof.traffic.server import ServerObserver

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT))

from benchmarks.bench_verify import show_load, tell  # noqa: E402 (it is not installed, it runs from this folder)
from benchmarks.pools import (  # noqa: E402 (likewise)
    ACCOUNTS,
    BASE,
    CONTENDERS,
    RIVAL,
    SELECT,
    SIZE,
    TABLES,
    TRANSACTION,
    WORKLOADS,
    Contender,
    Work,
    Works,
)

TASKS = 50
GOAL = 0.95  # of the rate of SQLAlchemy 20 + 0
CLOSED, WAVES = "closed loop", "waves"
SHAPES = (CLOSED, WAVES)
LOOPS = {"asyncio": None, "uvloop": "uvloop"}  # and what must be installed for it
ROUNDS, QUICK_ROUNDS = 5, 1
REQUESTS, QUICK_REQUESTS = 500, 100  # of a turn
# Each of 20 connections prepares its statements first.
WARM_UP, QUICK_WARM_UP = 300, TASKS
# How long pgbench runs: seconds, or transactions of a client.
PGBENCH, QUICK_PGBENCH = ("-T", "5"), ("-t", "5")

_PGBENCH = {
    SELECT: "SELECT 1;\n",
    TRANSACTION: (
        f"\\set id random(1, {ACCOUNTS})\nBEGIN;\nSELECT balance FROM accounts WHERE id = :id;\n"
        "INSERT INTO entries (account, amount) VALUES (:id, 1);\nCOMMIT;\n"
    ),
}


@dataclass
class Taken:
    """What the turns of one contender took.

    Attributes:
        rates: requests a second, of each round.
        cpu: microseconds of this process for a request, of each round.
        waits: milliseconds, of all requests.
    """

    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def add(self, report: LoadReport, cpu: float) -> None:
        """A round's.

        Raises:
            RuntimeError: when not all requests were answered: errors cost another time than answers.
        """
        if report.errors or report.unanswered:
            raise RuntimeError(f"a request failed:\n{report}")
        self.rates.append(report.per_second)
        self.cpu.append(cpu / report.successes * 1e6)
        self.waits += (request.wait * 1e3 for request in report.requests)

    def wait(self, percent: int) -> float:
        """The wait that so many of 100 requests did not exceed."""
        return sorted(self.waits)[max(0, -(-percent * len(self.waits) // 100) - 1)]


async def load(work: Work, shape: str, requests: int) -> LoadReport:
    """The report of ``requests`` requests."""
    if shape == CLOSED:
        return await closed_loop(work, tasks=TASKS, requests=requests)
    return await waves(work, size=TASKS, count=requests // TASKS)


async def turn(work: Work, shape: str, requests: int, taken: Taken) -> None:
    """Measure one contender once."""
    gc.collect()  # what others left is not this one's cost
    begin = time.process_time()
    report = await load(work, shape, requests)
    taken.add(report, time.process_time() - begin)


async def nothing() -> None:
    """What the load generator is measured with."""


Results = dict[str, dict[str, Taken]]  # by workload and title


async def measure(databases: dict[Contender, Database], shape: str, parsed: argparse.Namespace) -> Results:
    """All rounds of one shape of traffic, all pools open side by side; the load generator alone has the title ""."""
    results: Results = {workload: {} for workload in WORKLOADS}
    async with AsyncExitStack() as opened:
        works: dict[str, Works] = {"": dict.fromkeys(WORKLOADS, nothing)}
        for contender, database in databases.items():
            works[contender.title] = await opened.enter_async_context(contender.open(database))
        for work in (one for each in works.values() for one in each.values()):
            await load(work, shape, parsed.warm_up)
        for number in range(1, parsed.rounds + 1):
            for workload in WORKLOADS:
                tell(f"{shape}, {workload}, round {number}/{parsed.rounds}")
                for title, each in works.items():
                    taken = results[workload].setdefault(title, Taken())
                    await turn(each[workload], shape, parsed.requests, taken)
    return results


@contextmanager
def tables(server: Server) -> Iterator[Database]:
    """A database with the tables, dropped at the end."""
    with server.create() as database:
        with psycopg.connect(database.dsn, autocommit=True) as connection:
            connection.execute(TABLES.encode())
        yield database


def measured(server: Server, loop: str, shape: str, parsed: argparse.Namespace) -> tuple[Results, dict[str, int]]:
    """The results of one shape of traffic, and how many connections each contender opened beyond the first 20.

    Each has a database of its own: the server's count of sessions is one of a database, and final when all are closed.
    """
    factory: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
    if LOOPS[loop]:
        factory = importlib.import_module("uvloop").new_event_loop
    opened: dict[str, int] = {}
    with asyncio.Runner(loop_factory=factory) as runner, ExitStack() as kept:
        installed = [contender for contender in CONTENDERS if contender.installed]
        databases = {contender: kept.enter_context(tables(server)) for contender in installed}
        results = runner.run(measure(databases, shape, parsed))
        for contender, database in databases.items():
            with ServerObserver(database) as observer:
                # One was that of ``tables``.
                opened[contender.title] = max(0, runner.run(observer.opened()) - 1 - SIZE)
    return results, opened


def pgbench(server: Server, options: Options, length: tuple[str, str]) -> dict[str, float] | None:
    """Transactions a second of ``pgbench`` by workload, one thread and 20 connections; None where there is none."""
    program = find(options.bindir).program("pgbench")
    if not Path(program).exists():
        return None
    rates = {}
    with tables(server) as database:
        for workload, script in _PGBENCH.items():
            command = [program, "-n", "-M", "prepared", "-c", str(SIZE), *length, "-f", "-", database.dsn]
            done = subprocess.run(command, input=script, capture_output=True, text=True, check=True)
            found = re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)
            assert found is not None, done.stdout  # noqa: S101 (its last line)
            rates[workload] = float(found[1])
    return rates


def show(results: Results, opened: dict[str, int], where: str) -> None:
    """The tables of one shape of traffic."""
    for workload, takens in results.items():
        base, rival = takens[BASE.title], takens[RIVAL.title]
        idle = statistics.median(takens[""].cpu)
        print(
            f"\n{f'{workload}, {where}':<34}{'req/s':>8}{'ratio':>7}{'of 20+0':>9}{'cpu':>10}{'ratio':>7}{'of 20+0':>9}"
            f"{'p50':>8}{'p95':>7}{'p99':>7}{'max':>7} ms{'opened':>8}"
        )
        for contender in CONTENDERS:
            if (taken := takens.get(contender.title)) is None:
                print(f"{contender.title:<34}not installed")
                continue
            goal = _ratio(taken.rates, rival.rates)
            waits = f"{taken.wait(50):8.1f}{taken.wait(95):7.1f}{taken.wait(99):7.1f}{taken.wait(100):7.1f}"
            print(
                f"{contender.title:<34}{statistics.median(taken.rates):8.0f}{_ratio(taken.rates, base.rates):7.2f}"
                f"{goal:9.2f}{statistics.median(taken.cpu) - idle:7.0f} µs{_cheaper(taken, base, idle):7.2f}"
                f"{_cheaper(taken, rival, idle):9.2f}{waits}   {opened[contender.title]:>8}"
                + (_verdict(goal, opened[contender.title]) if contender.ours else ""),
                flush=True,
            )
        print(f"{'load generator alone':<58}{idle:7.1f} µs", flush=True)


def _ratio(these: list[float], those: list[float]) -> float:
    return statistics.median(this / that for this, that in zip(these, those, strict=True))


def _cheaper(taken: Taken, other: Taken, idle: float) -> float:
    return _ratio([one - idle for one in other.cpu], [one - idle for one in taken.cpu])


def _verdict(ratio: float, opened: int) -> str:
    wanted = ((f"{GOAL} of SQLAlchemy 20 + 0", ratio >= GOAL), ("none opened", not opened))
    missed = [name for name, met in wanted if not met]
    return f"   goal MISSED: {', '.join(missed)}" if missed else "   goal met"


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, help=f"how often each takes its turn (default: {ROUNDS})")
    parser.add_argument("--requests", type=int, help=f"requests of a turn (default: {REQUESTS})")
    parser.add_argument("--quick", action="store_true", help="one short round on asyncio alone: shows that it runs")
    parser.add_argument("--postgres", default="embedded", metavar="auto|container|embedded|URL")
    parser.add_argument("--postgres-image", metavar="IMAGE")
    parser.add_argument("--postgres-bindir", metavar="DIR")
    parsed = parser.parse_args()
    parsed.rounds = parsed.rounds or (QUICK_ROUNDS if parsed.quick else ROUNDS)
    parsed.requests = parsed.requests or (QUICK_REQUESTS if parsed.quick else REQUESTS)
    parsed.warm_up = QUICK_WARM_UP if parsed.quick else WARM_UP
    return parsed


def main() -> None:
    """Print the tables."""
    parsed = arguments()
    options = Options.read(ROOT, provider=parsed.postgres, image=parsed.postgres_image, bindir=parsed.postgres_bindir)
    with start(options) as server:
        print(f"{server.about}, Python {platform.python_version()}, {TASKS} tasks, {SIZE} connections")
        show_load("at the start")
        for loop, module in LOOPS.items():
            if parsed.quick and module:
                continue
            if module and find_spec(module) is None:
                print(f"\n{loop}: not installed")
                continue
            for shape in SHAPES:
                results, opened = measured(server, loop, shape, parsed)
                tell("")
                show(results, opened, f"{shape}, {loop}")
        rates = pgbench(server, options, QUICK_PGBENCH if parsed.quick else PGBENCH)
        print()
        for workload, rate in (rates or {}).items():
            print(f"{f'pgbench, {workload}':<34}{rate:8.0f}")
        show_load("at the end")


if __name__ == "__main__":
    main()
