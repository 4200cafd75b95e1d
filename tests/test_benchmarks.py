"""The benchmarks run; their numbers are for people."""

import re
from pathlib import Path

import pytest

from schemaproof.postgres import Server
from tests.schemaproof.warm import Warm

# A minute and a half of both cores, for what nobody's work depends on.
pytestmark = pytest.mark.soundness

ROOT = Path(__file__).parents[1]


def printed(warm: Warm, name: str, *arguments: str) -> str:
    """What the benchmark prints where it is only to show that it runs."""
    done = warm.run(f"benchmarks.{name}", "--quick", *arguments, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout


def on(server: Server) -> tuple[str, str]:
    """The arguments for a benchmark that needs no server of its own."""
    return "--postgres", server.url.render_as_string(hide_password=False)


def test_verify_benchmark_measures_growth_and_leaves_no_database(warm: Warm) -> None:
    told = printed(warm, "bench_verify", "--skip-others")
    assert re.search(r"growth: .*async env\.py +\d+\.\d\d$", told, re.MULTILINE)
    assert re.findall(r"(\d+) +\(\d+ samples\)", told) == ["0"]


def test_delete_benchmark_reads_the_children_alone_where_there_is_an_index(warm: Warm, postgres_server: Server) -> None:
    told = printed(warm, "bench_cascade", *on(postgres_server))
    assert re.findall(r" (\d+) rows", told) == ["100", "1000", "100", "2000"]


def test_rows_benchmark_plants_and_compares_each_example(warm: Warm, postgres_server: Server) -> None:
    told = printed(warm, "bench_rows", *on(postgres_server))
    assert len(re.findall(r" \d+ a second", told)) == 3


def test_deletes_benchmark_measures_growth(warm: Warm, postgres_server: Server) -> None:
    told = printed(warm, "bench_deletes", *on(postgres_server))
    assert re.search(r"growth: a key of star +\d+\.\d\d$", told, re.MULTILINE)


def test_faults_benchmark_measures_growth(warm: Warm, postgres_server: Server) -> None:
    told = printed(warm, "bench_faults", "--skip-faceplate", *on(postgres_server))
    assert len(re.findall(r"growth: .*async env\.py +\d+\.\d\d$", told, re.MULTILINE)) == 2


def test_pool_benchmark_tells_ratios_and_the_connections_that_overflow_opens(warm: Warm) -> None:
    told = printed(warm, "bench_pool")
    lines = re.findall(r"^(Database\.run|SQLAlchemy 5 \+ 15, pre-ping) .* (\d+)(?:   goal .*)?$", told, re.MULTILINE)
    assert [int(opened) > 0 for title, opened in lines] == [False, True] * 4


def test_minutes_benchmark_measures_a_whole_call(warm: Warm) -> None:
    told = printed(warm, "bench_minutes")
    lines = re.findall(r"^2 revisions, (.*?) +\d+\.\d s +\d+\.\d s +\d+ MB$", told, re.MULTILINE)
    assert lines == ["--since the first", "nothing changed"]
