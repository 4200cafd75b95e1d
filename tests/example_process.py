"""``verify`` on one example project, in a process of its own: the modules of all of them are called ``models``."""

import multiprocessing
import traceback
from collections.abc import Collection, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from schemaproof.catalog import noise
from schemaproof.errors import ProofError
from schemaproof.finding import Finding
from schemaproof.migration.history import prove_server
from schemaproof.postgres import Server
from schemaproof.project.settings import Settings
from schemaproof.proofs.failure.crashing import standing_by
from schemaproof.proofs.registry import CHECKS
from schemaproof.report.style import Style
from schemaproof.report.text import Loudness, render
from schemaproof.run.verify import verify
from tests.pages import WIDTH

SECONDS = 240  # an Alembic that goes round in a circle never ends

# What a new process would import again each time.
_PRELOADED = [
    *(
        "schemaproof.run.verify",
        "schemaproof.project.settings",
        "sqlalchemy.ext.asyncio",
        "asyncpg",
        "psycopg",
        __name__,
    ),
    *("schemaproof.proofs.deletes.prepare", "schemaproof.proofs.deletes.flushes", "schemaproof.proofs.deletes.contest"),
    "tests.frozen",
]


# A server's version(), and what it makes different by itself.
type Proved = tuple[str, tuple[noise.Noise, ...]]


@dataclass(frozen=True)
class Outcome:
    """What ``verify`` said: "sound", "faulty", "impossible" (then why), or "crashed".

    ``text`` is what it would print, ``in_full`` what it would with -v.
    """

    verdict: str
    findings: Sequence[Finding] = ()
    cause: str = ""
    remedy: str = ""
    text: str = ""
    in_full: str = ""

    @property
    def shown(self) -> str:
        """All of it, for a failing test."""
        lines = [f"{one.check} {one.severity} {one.revision} {one.object}: {one.message}" for one in self.findings]
        return "\n".join([self.verdict, self.cause, self.remedy, *lines])


class _Silence:
    def stage(self, text: str, total: int) -> None:
        """Nothing."""

    def step(self, text: str, done: int, share: float | None = None) -> None:
        """Nothing."""

    def now(self, text: str) -> None:
        """Nothing."""


_releases: dict[str, Proved] = {}  # by the server's address


def outcome(project: Path, server: Server, checks: Collection[str]) -> Outcome:
    """What ``verify`` says of ``project`` with its own settings, on ``server``, where it is asked ``checks`` alone."""
    # Forked from a process without threads or connections, which pytest's own may have.
    context: Any = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    ours, theirs = context.Pipe(duplex=False)
    if server.address not in _releases:
        _releases[server.address] = _proved(server)
    arguments = (theirs, project, replace(server), checks, _releases[server.address])
    process = context.Process(target=_verify, args=arguments)
    process.start()
    theirs.close()
    try:
        said: Outcome = ours.recv() if ours.poll(SECONDS) else Outcome("crashed", cause=f"no end after {SECONDS} s")
    except EOFError:
        said = Outcome("crashed", cause="the process died")
    process.kill()
    process.join()
    return said


def _proved(server: Server) -> Proved:
    """What ``server`` has proved: the same for all examples, so found out once."""
    return server.build, prove_server(server)


def _verify(pipe: Connection, project: Path, server: Server, names: Collection[str], proved: Proved) -> None:
    noise.remember(*proved)
    try:
        settings = Settings.read(project, {}, known=[check.id for check in CHECKS])
        checks = settings.choose(check for check in CHECKS if check.id in names)
        with standing_by() if "crash-recovery" in names else nullcontext():  # as a run of the command does
            report = verify(
                settings.subject, server, checks=checks, allowances=settings.allowances, progress=_Silence()
            )
        if report.obstacles:
            first = report.obstacles[0]
            crashed = any(one.kind == "defect" for one in report.obstacles)
            verdict = "crashed" if crashed else "impossible"
            pipe.send(Outcome(verdict, report.findings, f"{first.cause}\n{first.evidence}", first.remedy))
        else:
            style = Style(width=WIDTH)
            text, in_full = render(report, style), render(report, style, Loudness.ALL)
            pipe.send(Outcome(report.verdict, report.findings, text=text, in_full=in_full))
    except ProofError as error:
        pipe.send(Outcome("impossible", (), f"{error.cause}\n{error.evidence}", error.remedy))
    except BaseException as error:  # noqa: BLE001 (the test shows it)
        pipe.send(Outcome("crashed", (), "".join(traceback.format_exception(error))))
    finally:
        server.close()
        pipe.close()
