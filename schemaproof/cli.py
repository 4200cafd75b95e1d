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
from typing import TYPE_CHECKING, Any, NoReturn

from schemaproof import end_at_once
from schemaproof.errors import ProofError
from schemaproof.report import options as reports
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
_EXIT_STATUS = (
    "Exit status: 0 sound; 1 faulty (an error or a warning was found; see --fail-on of verify); 2 not verified, or only"
    " in part: what was found is reported, and what did not run may hide more; 130 interrupted."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; what it returns is the exit status.

    0: done, and what it verified is sound. 1: it is faulty. 2: the work could not be done, or only in part (stderr says
    why). 130: interrupted. In each case no server is left running, and ``verify`` has reported what it found.
    """
    try:
        parsed = _parser().parse_args(arguments)
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):  # what a locale's encoding lacks is no reason to fail
                stream.reconfigure(errors="backslashreplace")
        parsed.last = arguments is None  # whether the process ends with it
        return int(parsed.run(parsed))
    except ProofError as error:
        from schemaproof.report.characters import readable

        print(f"schemaproof: {readable(str(error))}", file=sys.stderr)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except Exception:  # noqa: BLE001 (ours, since what a user can cause is a ProofError)
        traceback.print_exc()
        print("schemaproof: this is a bug in schemaproof; please report it with the lines above.", file=sys.stderr)
    return _IMPOSSIBLE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="schemaproof",
        description="Verifies a PostgreSQL schema and its Alembic migrations on throwaway servers.",
        epilog=_EXIT_STATUS,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_verify(commands)
    _add_baseline(commands)
    _add_init(commands)
    _add_merge(commands)
    _add_checks(commands)
    _add_traffic(commands)
    _add_postgres(commands)
    _add_completion(commands)
    return parser


class _Version(argparse.Action):
    """Prints the version, which takes an import that no other command needs."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib.metadata import version

        print(f"schemaproof {version('schemaproof')}")
        parser.exit()


def _add_verify(commands: Any) -> None:
    verify = commands.add_parser(
        "verify",
        help="verify the migrations of an Alembic project",
        description="Verify the migrations of an Alembic project on a throwaway PostgreSQL server. Findings go to"
        " standard output, progress to standard error. Options that are not given come from [tool.schemaproof] in the"
        " project's pyproject.toml.",
        epilog=_EXIT_STATUS,
    )
    _add_what(verify)
    verify.add_argument(
        "--list",
        action="store_true",
        help="only list what would be asked: the checks, of how many revisions, and about how many faults;"
        " no server is started",
    )
    verify.set_defaults(run=_verify)


def _add_baseline(commands: Any) -> None:
    baseline = commands.add_parser(
        "baseline",
        help="write what verify finds today into schemaproof-baseline.toml, so that it fails on new findings alone",
        description="Verify the project, and write the errors and warnings into schemaproof-baseline.toml beside its"
        " pyproject.toml: verify then fails on new ones alone. Entries that are there stay, with their reasons.",
        epilog="Exit status: 0 done; 2 something could not be checked, and what did not run may find more; 130"
        " interrupted: the file is as it was.",
    )
    _add_what(baseline)
    baseline.add_argument(
        "--prune", action="store_true", help="only remove the entries of what is fixed; nothing is added"
    )
    baseline.set_defaults(run=_baseline, list=False)


def _add_what(verify: argparse.ArgumentParser) -> None:
    """What is verified, where, and which reports are written."""
    _add_project(verify)
    _add_server(verify)
    verify.add_argument(
        "--metadata", metavar="MODULE:ATTR", help="the MetaData of the models (default: env.py's target_metadata)"
    )
    verify.add_argument(
        "--select",
        metavar="NAME,...",
        help="run only these checks, or areas of checks (`schemaproof checks` lists them)",
    )
    verify.add_argument("--ignore", metavar="NAME,...", help="skip these checks, or areas of checks")
    verify.add_argument(
        "--since",
        metavar="REF",
        help="ask the checks of single revisions only of the new ones: REF is a git reference (origin/main: revisions"
        " whose files are not in the merge base with HEAD, or were edited since) or a revision id (those above it)",
    )
    verify.add_argument(
        "--revision",
        metavar="ID,...",
        help="ask the checks of single revisions only of these: ids, or what Alembic takes for one",
    )
    verify.add_argument(
        "--shard",
        metavar="K/N",
        help="verify the K-th of N parts, to spread them over machines; `schemaproof merge` makes one report of what"
        " --json wrote of each",
    )
    verify.add_argument(
        "--fail-on",
        metavar="error|warning|never",
        help="what makes the run fail; error: a warning does not; never: findings leave the exit status 0"
        " (default: warning)",
    )
    verify.add_argument(
        "--everywhere",
        action="store_const",
        const="true",
        help="inject every fault at every statement of a revision, also those that prove the same as another one",
    )
    verify.add_argument(
        "--deployers",
        metavar="N",
        help="number of processes that run `alembic upgrade heads` at the same time; if given, a collision between them"
        " is a warning instead of a note (default: 8)",
    )
    verify.add_argument(
        "--no-cache",
        action="store_true",
        help="ask all again; by default, what is known of a revision from earlier runs holds until something that it"
        " depends on has changed (.schemaproof_cache in the project's folder)",
    )
    verify.add_argument(
        "--budget",
        metavar="SECONDS",
        help="what takes long (faults, crashes, deletes) shares what is left of as many seconds, spread evenly over all"
        " revisions; the report says what was left out",
    )
    verify.add_argument(
        "--stall-timeout",
        metavar="SECONDS",
        help="stop a run of env.py that makes no progress for this long, and report what it was doing (default: 300)",
    )
    reports.add(verify)


def _add_init(commands: Any) -> None:
    init = commands.add_parser(
        "init",
        help="print what a project needs to be verified: its settings, a CI file, a test module",
        description="Look at a project, and print the settings that it needs, a CI file, and a test module if it has"
        " pytest, with the reason for each choice. No code of the project is run. Nothing is written without --write,"
        " and never over what is there.",
    )
    init.add_argument(
        "--project", type=Path, default=Path(), metavar="DIR", help="the project's folder (default: the current one)"
    )
    init.add_argument("--write", action="store_true", help="write the files that are not there")
    init.set_defaults(run=_init)


def _add_merge(commands: Any) -> None:
    merge = commands.add_parser(
        "merge",
        help="make one report and one verdict of the parts that `verify --shard K/N --json FILE` wrote",
        description="Make one report and one verdict of the parts that `schemaproof verify --shard K/N --json FILE`"
        " wrote. Parts that don't fit together are refused: other versions, another project, one that is missing.",
        epilog=_EXIT_STATUS,
    )
    merge.add_argument("files", nargs="+", type=Path, metavar="FILE", help="the JSON of a part")
    reports.add(merge)
    merge.set_defaults(run=_merge)


def _add_checks(commands: Any) -> None:
    checks = commands.add_parser(
        "checks",
        help="list the checks: what each proves, why it matters, how to fix it",
        description="List the checks: what each one proves, what happens in production where it fails, and the remedy.",
    )
    checks.add_argument("names", nargs="*", metavar="NAME", help="only these checks, or areas of checks (default: all)")
    checks.add_argument("--json", action="store_true", help="print the list as JSON")
    checks.set_defaults(run=_checks)


def _add_traffic(commands: Any) -> None:
    traffic = commands.add_parser(
        "traffic",
        help="apply a revision while the release before it works on filled tables; print and draw who waits",
        description="Apply a revision on a throwaway server while sessions of the release before it read, update and"
        " insert rows of filled tables, and a long transaction holds on for a second. Printed are ratios to the seconds"
        " before: it is evidence for a review, and no check.",
    )
    _add_project(traffic)
    _add_server(traffic)
    traffic.add_argument(
        "--revision", metavar="ID", required=True, help="the revision: an id, or what Alembic takes for one"
    )
    traffic.add_argument(
        "--rows",
        type=_number,
        default=100_000,
        metavar="N",
        help="rows of each table that it concerns (default: 100000)",
    )
    traffic.add_argument(
        "--sessions", type=_number, default=4, metavar="N", help="sessions that work on them (default: 4)"
    )
    traffic.add_argument("--svg", type=Path, metavar="FILE", help="draw it, too")
    traffic.set_defaults(run=_traffic)


def _number(text: str) -> int:
    """A number of the command line, of 1 or more."""
    if text.isdecimal() and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no number of 1 or more")


def _add_postgres(commands: Any) -> None:
    postgres = commands.add_parser(
        "postgres",
        help="start a throwaway server with the project's schema, print its URL, stop on Ctrl-C",
        description="Start a throwaway PostgreSQL server and print the URL of a database on it; nothing else goes to"
        " standard output. The database is migrated to head if the project has an Alembic configuration, else (or with"
        " --empty) it is empty. Ctrl-C (or SIGTERM) stops the server and removes everything it left.",
    )
    _add_project(postgres)
    _add_server(postgres)
    postgres.add_argument(
        "--empty", action="store_true", help="apply no revisions: to autogenerate the first one against the URL"
    )
    postgres.set_defaults(run=_postgres)


def _add_completion(commands: Any) -> None:
    completion = commands.add_parser(
        "completion",
        help="print a script that completes commands and options in a shell",
        description="Print a script that completes commands and options: `source <(schemaproof completion bash)` in"
        " .bashrc. Needs shtab: pip install 'schemaproof[completion]'.",
    )
    completion.add_argument("shell", choices=["bash", "zsh"], help="for which shell")
    completion.set_defaults(run=_completion)


def _add_project(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--project", type=Path, default=Path(), metavar="DIR", help="the project's folder (default: the current one)"
    )
    parser.add_argument(
        "--alembic-ini", metavar="FILE", help="Alembic's configuration file, relative to DIR (default: alembic.ini)"
    )
    parser.add_argument(
        "--url-env", metavar="NAME", help="the variable that env.py reads the database URL from (default: DATABASE_URL)"
    )
    parser.add_argument(
        "--script-location",
        metavar="FOLDER",
        help="the folder of env.py, as Alembic's script_location; for a project without an alembic.ini, or whose code"
        " names the folder (default: what Alembic's configuration says)",
    )
    parser.add_argument(
        "--url-option",
        metavar="NAME",
        help="the setting of Alembic's configuration that env.py reads the database URL from (default: sqlalchemy.url)",
    )
    parser.add_argument(
        "--before",
        metavar="MODULE:FUNCTION",
        help="called once in each process before env.py runs; what it returns is entered if it is a context manager"
        " (an application's context)",
    )
    parser.add_argument(
        "--driver",
        metavar="asyncpg|psycopg|psycopg2",
        help="the driver in that URL (default: the one that the project's URL, code or dependencies name)",
    )


def _add_server(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--postgres",
        metavar="auto|container|embedded|URL",
        help="where the server comes from; auto: a container if a Docker engine answers, else embedded (default: auto)",
    )
    parser.add_argument("--postgres-image", metavar="IMAGE", help="the container's image (default: postgres:17)")
    parser.add_argument(
        "--postgres-bindir",
        metavar="DIR",
        help="the folder of the embedded server's programs (default: those of the installed wheel)",
    )


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
        url = database.url(settings.subject.driver or "asyncpg")
        print(url.render_as_string(hide_password=False), flush=True)
        stopped.wait()
    return _DONE


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

    write(shtab.complete(_parser(), shell=parsed.shell) + "\n")
    return _DONE


def _catalogue() -> Sequence["Check"]:
    from schemaproof.proofs.registry import CHECKS

    return CHECKS


def _settings(parsed: argparse.Namespace) -> "Settings":
    from schemaproof.project.settings import Settings
    from schemaproof.proofs.registry import BY_AREA

    keys = ["alembic-ini", "metadata", "url-env", "driver", "select", "ignore", "everywhere", "deployers"]
    keys += ["budget", "stall-timeout", "fail-on", "script-location", "url-option", "before"]
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
