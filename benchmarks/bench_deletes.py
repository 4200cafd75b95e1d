"""How long the checks of deletes take on 15, 30 and 60 tables with two parents each, which the ORM alone deletes.

All numbers are of one run on one server. Goals (issue 13, section 4): 60 tables within 60 s; a foreign key among 60
tables takes at most 1.3 times as long as one among 15. "star": all tables hang on the same two, so that one class has
them all for its relationships; "tree": each has its own two; "chain": each needs all that were made before it. "cpu" is
what Python used, the server apart. Each measurement has a process of its own.
"""

import argparse
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from schemaproof.migration.history import open_history
from schemaproof.postgres import Options, Server, start
from schemaproof.project.settings import Settings
from schemaproof.proofs.deletes.checks import CHECKS

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT))

from benchmarks import synthetic  # noqa: E402 (it is not installed, it runs from this folder)
from benchmarks.bench_verify import show_load, show_ratio, tell  # noqa: E402 (likewise)

SIZES, QUICK = (15, 30, 60), (3, 4)
SHAPES, QUICK_SHAPES = ("star", "tree", "chain"), ("star",)
MAX_SECONDS, MAX_GROWTH = 60, 1.3

MODELS = """
import sqlalchemy as sa
from sqlalchemy.orm import declarative_base, relationship

Base = declarative_base()
metadata = Base.metadata


def parents(number: int) -> set[int]:
    shapes = {{"star": (0, 1), "tree": ((number - 1) // 2, (number - 1) // 3), "chain": (number - 1, number - 2)}}
    return {{one for one in shapes[{shape!r}] if 0 <= one < number}}


classes = []
for number in range({count}):
    columns = {{"__tablename__": f"t{{number:02}}", "id": sa.Column(sa.Integer, primary_key=True)}}
    for one in parents(number):
        columns[f"t{{one:02}}_id"] = sa.Column(sa.ForeignKey(f"t{{one:02}}.id"), nullable=False, index=True)
    classes.append(type(f"T{{number:02}}", (Base,), columns))
    for one in parents(number):
        setattr(classes[one], f"t{{number:02}}", relationship(classes[number], cascade="all, delete-orphan"))
"""

REVISION = """
from alembic import op
from models import metadata

revision, down_revision = "a", None


def upgrade() -> None:
    metadata.create_all(op.get_bind())


def downgrade() -> None:
    metadata.drop_all(op.get_bind())
"""


class Taken(NamedTuple):
    """What all checks of deletes took: by the clock, and of Python's processor time; and how many keys there are."""

    seconds: float
    cpu: float
    keys: int


def write(project: Path, shape: str, count: int) -> None:
    """Write a project of one revision and ``count`` tables of this shape into the new folder ``project``."""
    synthetic.write(project, 1, "sync")
    (project / "models.py").write_text(MODELS.format(shape=shape, count=count))
    for file in (project / "migrations" / "versions").glob("*.py"):
        file.unlink()
    (project / "migrations" / "versions" / "a_tables.py").write_text(REVISION)


def taken(server: Server, project: Path) -> tuple[float, float, int]:
    """As ``Taken``; called in a new process."""
    sys.path.insert(0, str(project))
    subject = Settings.read(project, {}, known=[]).subject
    with open_history(subject, server) as history:
        keys = sum(len(table.foreign_keys) for one in history.metadata for table in one.tables.values())
        seconds, cpu = time.perf_counter(), time.process_time()
        for check in CHECKS:
            for _ in check.examine(history):
                pass
        used = time.perf_counter() - seconds, time.process_time() - cpu
    server.close()
    return *used, keys


def in_new_process(server: Server, project: Path) -> Taken:
    """As ``taken``, in a process that ends with it: a project's modules stay imported."""
    context = get_context("forkserver")  # what it imports is no check's time
    context.set_forkserver_preload([name for name in sys.modules if name.startswith("schemaproof.")])
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return Taken(*pool.submit(taken, server, project).result())


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help=f"sizes {QUICK}, one shape: shows that it runs")
    parser.add_argument("--postgres", default="embedded", metavar="auto|container|embedded|URL")
    return parser.parse_args()


def main() -> None:
    """Print the tables, and the ratios beside their goals."""
    parsed = arguments()
    sizes, shapes = (QUICK, QUICK_SHAPES) if parsed.quick else (SIZES, SHAPES)
    with start(Options.read(ROOT, provider=parsed.postgres)) as server, tempfile.TemporaryDirectory() as folder:
        print(server.about)
        show_load("at the start")
        for shape in shapes:
            print(f"\n{shape:<30}{'keys':>8}{'seconds':>10}{'cpu':>10}{'a key':>12}")
            found: dict[int, Taken] = {}
            for size in sizes:
                tell(f"{shape} of {size} tables")
                project = Path(folder) / f"{shape}_{size}"
                write(project, shape, size)
                found[size] = one = in_new_process(server, project)
                tell("")
                each = one.seconds / one.keys * 1e3
                print(f"{size:>8} tables{one.keys:>23}{one.seconds:>10.1f}{one.cpu:>10.1f}{each:>9.0f} ms", flush=True)
            least, most = found[min(sizes)], found[max(sizes)]
            growth = (most.seconds / most.keys) / (least.seconds / least.keys)
            show_ratio(f"growth: a key of {shape}", growth, None if parsed.quick else MAX_GROWTH)
            show_ratio(f"seconds: {shape}", most.seconds, None if parsed.quick else MAX_SECONDS)
        show_load("at the end")


if __name__ == "__main__":
    main()
