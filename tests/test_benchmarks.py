"""The benchmarks run; their numbers are for people."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_verify_benchmark_measures_growth_and_leaves_no_database() -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "bench_verify.py"), "--quick", "--skip-others"]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert re.search(r"growth: .*async env\.py +\d+\.\d\d$", done.stdout, re.MULTILINE)
    assert re.findall(r"(\d+) +\(\d+ samples\)", done.stdout) == ["0"]


def test_delete_benchmark_reads_the_children_alone_where_there_is_an_index() -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "bench_cascade.py"), "--quick"]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert re.findall(r" (\d+) rows", done.stdout) == ["100", "1000", "100", "2000"]


def test_rows_benchmark_plants_and_compares_each_example() -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "bench_rows.py"), "--quick"]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert len(re.findall(r" \d+ a second", done.stdout)) == 2


def test_faults_benchmark_measures_growth() -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "bench_faults.py"), "--quick", "--skip-faceplate"]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert len(re.findall(r"growth: .*async env\.py +\d+\.\d\d$", done.stdout, re.MULTILINE)) == 2


def test_pool_benchmark_tells_ratios_and_the_connections_that_overflow_opens() -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "bench_pool.py"), "--quick"]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    lines = re.findall(
        r"^(Database\.run|SQLAlchemy 5 \+ 15, pre-ping) .* (\d+)(?:   goal .*)?$", done.stdout, re.MULTILINE
    )
    assert [int(opened) > 0 for title, opened in lines] == [False, True] * 4
