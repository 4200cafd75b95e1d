"""The ``schemaproof`` command.

Little is imported here: a Ctrl-C that arrives before a command has installed its handlers writes no report file.
"""

import argparse
import contextlib
import io
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from schemaproof import end_at_once
from schemaproof.arguments import parser
from schemaproof.errors import ProofError
from schemaproof.run.interruption import STATUS as _INTERRUPTED
from schemaproof.run.interruption import Interruption, interruptible

if TYPE_CHECKING:
    from schemaproof.check import Check
    from schemaproof.postgres import Database, Options, Server
    from schemaproof.project.settings import Settings
    from schemaproof.report.files import ReportFile
    from schemaproof.report.printing import Printing
    from schemaproof.run.scope import Wanted

# Exit statuses, for every subcommand.
_DONE = 0
_FAULTY = 1
_IMPOSSIBLE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; what it returns is the exit status.

    0: done, and what it verified is sound. 1: it is faulty. 2: the work could not be done, or only in part (stderr says
    why). 130: interrupted. In each case no server is left running, and ``verify`` has reported what it found.
    """
    try:
        parsed = parser().parse_args(arguments)
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):  # what a locale's encoding lacks is no reason to fail
                stream.reconfigure(errors="backslashreplace")
        parsed.last = arguments is None  # whether the process ends with it
        return _COMMANDS[parsed.run](parsed)
    except ProofError as error:
        from schemaproof.report.characters import readable

        print(f"schemaproof: {readable(str(error))}", file=sys.stderr)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except Exception:  # noqa: BLE001 (ours, since what a user can cause is a ProofError)
        traceback.print_exc()
        print("schemaproof: this is a bug in schemaproof; please report it with the lines above.", file=sys.stderr)
    return _IMPOSSIBLE


def _verify(parsed: argparse.Namespace) -> int:
    files = _report_files(parsed)
    if parsed.list and files:
        raise ProofError(
            "--list runs no check, so there is no report to write.",
            remedy=f"Leave {' and '.join(file.option for file in files.values())} out.",
        )
    with interruptible(last=parsed.last) as interruption:
        return _verified(parsed, files, interruption)


def _baseline(parsed: argparse.Namespace) -> int:
    from schemaproof.run.baselining import Recording

    files = _report_files(parsed)
    with interruptible(last=parsed.last) as interruption:
        status = _verified(parsed, files, interruption, lambda settings: Recording.into(settings, prune=parsed.prune))
    return _DONE if status == _FAULTY else status


def _verified(
    parsed: argparse.Namespace,
    files: "dict[str, ReportFile]",
    interruption: Interruption,
    instead: "Callable[[Settings], Printing] | None" = None,
) -> int:
    """Verify, and print the report, or what takes its place.

    Until the process that does the work exists, a signal ends this one at once, even in the middle of an import.
    """
    if parsed.last:
        interruption.early = lambda _: _leave_early(files, interruption, parsed.project)
    from schemaproof.run import verification
    from schemaproof.run.scope import Wanted

    printing = _printing(parsed)
    try:
        settings, options = _settings(parsed), _options(parsed)
        wanted = Wanted.read(parsed.since, parsed.revision, parsed.shard)
        checks = settings.choose(_catalogue())
        printing = instead(settings) if instead else printing
    except ProofError as error:
        return verification.refused(error, files, interruption, parsed.project, printing)
    finally:
        interruption.early = None
    if parsed.list:
        return _list(settings, wanted, checks)
    cached = settings.cache and not parsed.no_cache
    return verification.run(
        settings, checks, options, files, interruption, wanted=wanted, cached=cached, printing=printing
    )


def _list(settings: "Settings", wanted: "Wanted", selected: Sequence["Check"]) -> int:
    from schemaproof.report.output import write
    from schemaproof.run.overview import as_text, overview

    write(as_text(wanted.checks(selected), overview(settings.subject, wanted, selected)))
    return _DONE


def _init(parsed: argparse.Namespace) -> int:
    _interrupts_raised()
    from schemaproof.adoption.choices import choose
    from schemaproof.adoption.files import files
    from schemaproof.adoption.showing import told
    from schemaproof.report.output import write

    project = parsed.project.resolve()
    if not project.is_dir():
        raise ProofError(f"There is no folder {parsed.project}.", remedy="Give the project's folder: --project DIR")
    chosen = choose(project)
    found = list(files(project, chosen))
    write(told(project, chosen, found, written=parsed.write))
    for file, _ in found:
        if parsed.write and not file.obstacle:
            file.write()
    return _DONE


def _merge(parsed: argparse.Namespace) -> int:
    files = _report_files(parsed)
    with interruptible(last=parsed.last) as interruption:
        from schemaproof.run.merging import merge
        from schemaproof.run.verification import show

        return show(merge(parsed.files), files, interruption, _printing(parsed))


def _leave_early(files: "dict[str, ReportFile]", interruption: Interruption, project: Path) -> NoReturn:
    from schemaproof.report import early

    told = f"{interruption} before the first revision"
    with contextlib.suppress(ProofError):
        early.write(files, str(project), told)
    os.write(2, f"schemaproof: {told}\n".encode())
    os._exit(_INTERRUPTED)


def _checks(parsed: argparse.Namespace) -> int:
    _interrupts_raised()
    from schemaproof.report.catalogue import as_json, as_text
    from schemaproof.report.output import write
    from schemaproof.report.style import Style

    shown = _named(parsed.names)
    write(as_json(shown) if parsed.json else as_text(shown, Style.of(sys.stdout)))
    return _DONE


def _named(names: Sequence[str]) -> Sequence["Check"]:
    """The checks that ``names`` stand for, in the catalogue's order; all for none."""
    from schemaproof.project.names import Names
    from schemaproof.proofs.registry import BY_AREA

    checks = _catalogue()
    known = Names([check.id for check in checks], BY_AREA)
    ids = known.ids([one for name in names for one in name.split(",") if one], "`schemaproof checks`")
    return [check for check in checks if check.id in ids or not names]


def _postgres(parsed: argparse.Namespace) -> int:
    _interrupts_raised()
    with _termination_as_interrupt():
        return _serve(parsed)


def _traffic(parsed: argparse.Namespace) -> int:
    _interrupts_raised()
    with _termination_as_interrupt():
        from schemaproof.postgres import start
        from schemaproof.report.output import write
        from schemaproof.run.rehearsal import drawing, rehearse, text

        settings = _settings(parsed)
        with start(_options(parsed), progress=_tell) as server:
            seen = rehearse.of_project(
                settings.subject, server, parsed.revision, rows=parsed.rows, sessions=parsed.sessions, told=_tell
            )
        write(text.as_text(seen))
        if parsed.svg is not None:
            try:
                parsed.svg.write_text(drawing.as_svg(seen), encoding="utf-8")
            except OSError as error:
                raise ProofError(
                    f"--svg {parsed.svg}: {error.strerror}.", remedy="Name a file that can be written."
                ) from error
    return _DONE


def _serve(parsed: argparse.Namespace) -> int:
    from schemaproof.postgres import start

    stopped = threading.Event()
    settings = _settings(parsed)
    with start(_options(parsed), progress=_tell) as server, _database(settings, server, empty=parsed.empty) as database:
        # Not before: what interrupts the start must end it, and not wait for a download.
        signal.signal(signal.SIGINT, lambda *_: stopped.set())
        _tell(f"PostgreSQL {server.version_text}: {server.about}; Ctrl-C stops it")
        url = database.url(_driver(settings))
        print(url.render_as_string(hide_password=False), flush=True)
        stopped.wait()
    return _DONE


def _driver(settings: "Settings") -> str:
    """That of the URL which is printed: who starts the first revision against it needs the project's."""
    from schemaproof.migration.drivers import PLAIN, choices, default_driver

    subject = settings.subject
    if not settings.migrates:
        return subject.driver or "asyncpg"
    config = subject.config()
    folder = subject.project / (config.get_main_option("script_location") or "migrations")
    url = config.get_main_option("sqlalchemy.url")
    driver = next(choices(subject.project, folder, subject.driver, url, subject.url_env)).driver
    return default_driver() if driver == PLAIN else driver


def _database(settings: "Settings", server: "Server", *, empty: bool) -> "Database":
    if empty:
        return server.create()
    if not settings.migrates:
        _tell(f"no {settings.subject.alembic_ini} in {settings.subject.project}: the database is empty")
        return server.create()
    from schemaproof.migration.history import migrate

    return migrate(settings.subject, server)


def _completion(parsed: argparse.Namespace) -> int:
    try:
        import shtab
    except ImportError as error:
        raise ProofError(
            "The completion of a shell needs shtab.", remedy="pip install 'schemaproof[completion]'"
        ) from error
    from schemaproof.report.output import write

    write(shtab.complete(parser(), shell=parsed.shell) + "\n")
    return _DONE


def _catalogue() -> Sequence["Check"]:
    from schemaproof.proofs.registry import CHECKS

    return CHECKS


def _settings(parsed: argparse.Namespace) -> "Settings":
    from schemaproof.project.settings import Settings
    from schemaproof.proofs.registry import BY_AREA

    keys = ["alembic-ini", "metadata", "url-env", "driver", "select", "ignore", "everywhere", "deployers"]
    keys += ["budget", "stall-timeout", "fail-on", "script-location", "url-option", "before", "name", "x"]
    arguments = {key: getattr(parsed, key.replace("-", "_"), None) for key in keys}
    return Settings.read(parsed.project, arguments, known=[check.id for check in _catalogue()], areas=BY_AREA)


def _options(parsed: argparse.Namespace) -> "Options":
    from schemaproof.postgres import Options

    return Options.read(
        parsed.project, provider=parsed.postgres, image=parsed.postgres_image, bindir=parsed.postgres_bindir
    )


def _report_files(parsed: argparse.Namespace) -> dict[str, "ReportFile"]:
    """The report files given on the command line, by format."""
    from schemaproof.report.options import files

    return files(parsed)


def _printing(parsed: argparse.Namespace) -> "Printing":
    from schemaproof.report.github import is_wanted
    from schemaproof.report.printing import Printing
    from schemaproof.report.text import Loudness

    return Printing(Loudness[parsed.loudness], is_wanted(parsed.github))


def _tell(text: str) -> None:
    print(f"schemaproof: {text}", file=sys.stderr, flush=True)


def _interrupts_raised() -> None:
    """Let Ctrl-C raise KeyboardInterrupt again: from here on there is something to clean up."""
    if signal.getsignal(signal.SIGINT) is end_at_once:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@contextlib.contextmanager
def _termination_as_interrupt() -> Iterator[None]:
    """Let SIGTERM and SIGHUP do what Ctrl-C does, so that everything is cleaned up; the first one counts."""
    if threading.current_thread() is not threading.main_thread():  # only that one may have handlers
        yield
        return
    # One that is ignored (nohup) stays ignored.
    numbers = [number for number in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) == signal.SIG_DFL]

    def interrupt(*_: object) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        if not callable(signal.getsignal(signal.SIGINT)):  # ignored, as in a job in the background
            raise KeyboardInterrupt
        signal.raise_signal(signal.SIGINT)

    interrupted = signal.getsignal(signal.SIGINT)  # a command may set another
    for number in numbers:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, interrupted)
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)


_COMMANDS = {
    "verify": _verify,
    "baseline": _baseline,
    "init": _init,
    "merge": _merge,
    "checks": _checks,
    "traffic": _traffic,
    "postgres": _postgres,
    "completion": _completion,
}
