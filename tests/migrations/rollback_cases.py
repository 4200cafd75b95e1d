"""Where Faceplate's revisions can fail, told without a server: pytest wants the names of its items first."""

import io
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple, get_args

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from schema.migrate import ALEMBIC_INI
from schemaproof.proofs.failure.child import CAN_FORK
from schemaproof.proofs.failure.fault import Fault, faults_at
from schemaproof.proofs.failure.sites import Site

Direction = Literal["upgrade", "downgrade"]

# How many statements a revision sends, the version table's included, where that is another number than `alembic --sql`
# writes: it reads the database (as the type of a new enum column does), or inserts rows in bulk.
SENT: Mapping[tuple[str, Direction], int] = {}


class Case(NamedTuple):
    """A fault at a statement or COMMIT of a revision."""

    revision: str
    direction: Direction
    site: str
    fault: Fault

    @property
    def id(self) -> str:
        """Such as "0001-upgrade-statement-07-error"."""
        return "-".join(self)


class _Script(io.StringIO):
    """The output of ``alembic --sql`` as the pieces that it is written in: a statement each."""

    def __init__(self) -> None:
        super().__init__()
        self.statements: list[str] = []

    def write(self, text: str) -> int:
        self.statements.append(text.strip())
        return len(text)


def revisions() -> list[str]:
    """Those of Faceplate, the first one first."""
    return [script.revision for script in ScriptDirectory.from_config(_config(_Script())).walk_revisions()][::-1]


def cases() -> Iterator[Case]:
    """Every fault but the waiting for locks: which statements wait, no script tells."""
    for revision in revisions():
        for direction in get_args(Direction):
            for site in _sites(revision, direction):
                for fault in applying(site):
                    if not fault.waits:
                        yield Case(revision, direction, site.id, fault)


def applying(site: Site) -> list[Fault]:
    """The faults that can happen at ``site``."""
    return list(faults_at(site, killed=CAN_FORK))


def _sites(revision: str, direction: Direction) -> list[Site]:
    """Statements and COMMITs as schemaproof numbers them in a real run."""
    sites: list[Site] = []
    numbers: Counter[str] = Counter()
    outside = False  # between the COMMIT that begins an autocommit_block and the BEGIN that ends it
    for statement in _statements(revision, direction):
        if statement == "BEGIN;":
            outside = False
            continue
        kind: Literal["statement", "commit"] = "commit" if statement == "COMMIT;" else "statement"
        numbers[kind] += 1
        sites.append(Site(len(sites) + 1, kind, "revision", numbers[kind], revision, statement, outside=outside))
        outside = outside or kind == "commit"
    return sites


def _statements(revision: str, direction: Direction) -> list[str]:
    if (revision, direction) in SENT:
        return ["a statement;"] * SENT[revision, direction] + ["COMMIT;"]
    output = _Script()
    config = _config(output)
    below = ScriptDirectory.from_config(config).get_revision(revision).down_revision or "base"
    assert isinstance(below, str), "a merge: `alembic --sql` wants one start"
    ends = (below, revision) if direction == "upgrade" else (revision, below)
    getattr(command, direction)(config, ":".join(ends), sql=True)
    begin = next(place for place, text in enumerate(output.statements) if text.startswith("-- Running "))
    return output.statements[begin + 1 :]  # before it: env.py's own, and the version table


def _config(output: _Script) -> Config:
    config = Config(ALEMBIC_INI, output_buffer=output)
    config.set_main_option("prepend_sys_path", "")
    return config
