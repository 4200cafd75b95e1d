"""What the ``schemaproof`` command takes: its subcommands and their options.

As little is imported here as in ``cli``. argparse has stayed: it takes 17 ms of CPU, where Click 8.5 takes 64 and Typer
0.29 takes 123 (Python 3.12, medians of 15), and each option is a call with its help in any of them.
"""

import argparse
from pathlib import Path
from typing import Any, NoReturn

from schemaproof.report import options as reports

_EXIT_STATUS = (
    "Exit status: 0 sound; 1 faulty (an error or a warning was found; see --fail-on of verify); 2 not verified, or only"
    " in part: what was found is reported, and what did not run may hide more; 130 interrupted."
)


def parser() -> argparse.ArgumentParser:
    """What the command takes; ``run`` of what it parses is the name of the subcommand."""
    made = argparse.ArgumentParser(
        prog="schemaproof",
        description="Verifies a PostgreSQL schema and its Alembic migrations on throwaway servers.",
        epilog=_EXIT_STATUS,
    )
    made.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = made.add_subparsers(required=True, metavar="COMMAND")
    _add_verify(commands)
    _add_baseline(commands)
    _add_init(commands)
    _add_merge(commands)
    _add_checks(commands)
    _add_traffic(commands)
    _add_postgres(commands)
    _add_completion(commands)
    return made


class _Version(argparse.Action):
    """Prints the version, which takes an import that no other command needs."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib.metadata import version

        print(f"schemaproof {version('schemaproof')}")
        parser.exit()


class _AddedToTheList(argparse.Action):
    """Takes a list with commas between, and takes it together with those that were given before it."""

    def __call__(
        self, _: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, *_option: object
    ) -> None:
        before = getattr(namespace, self.dest)
        setattr(namespace, self.dest, values if before is None else f"{before},{values}")


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
    verify.set_defaults(run="verify")


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
    baseline.set_defaults(run="baseline", list=False)


def _add_what(verify: argparse.ArgumentParser) -> None:
    """What is verified, where, and which reports are written."""
    _add_project(verify)
    _add_server(verify)
    verify.add_argument(
        "--metadata", metavar="MODULE:ATTR", help="the MetaData of the models (default: env.py's target_metadata)"
    )
    verify.add_argument(
        "--select",
        action=_AddedToTheList,
        metavar="NAME,...",
        help="run only these checks, or areas of checks (`schemaproof checks` lists them)",
    )
    verify.add_argument(
        "--ignore", action=_AddedToTheList, metavar="NAME,...", help="skip these checks, or areas of checks"
    )
    verify.add_argument(
        "--since",
        metavar="REF",
        help="ask the checks of single revisions only of the new ones: REF is a git reference (origin/main: revisions"
        " whose files are not in the merge base with HEAD, or were edited since) or a revision id (those above it)",
    )
    verify.add_argument(
        "--revision",
        action=_AddedToTheList,
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
    init.set_defaults(run="init")


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
    merge.set_defaults(run="merge")


def _add_checks(commands: Any) -> None:
    checks = commands.add_parser(
        "checks",
        help="list the checks: what each proves, why it matters, how to fix it",
        description="List the checks: what each one proves, what happens in production where it fails, and the remedy.",
    )
    checks.add_argument("names", nargs="*", metavar="NAME", help="only these checks, or areas of checks (default: all)")
    checks.add_argument("--json", action="store_true", help="print the list as JSON")
    checks.set_defaults(run="checks")


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
    traffic.set_defaults(run="traffic")


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
    postgres.set_defaults(run="postgres")


def _add_completion(commands: Any) -> None:
    completion = commands.add_parser(
        "completion",
        help="print a script that completes commands and options in a shell",
        description="Print a script that completes commands and options: `source <(schemaproof completion bash)` in"
        " .bashrc. Needs shtab: pip install 'schemaproof[completion]'.",
    )
    completion.add_argument("shell", choices=["bash", "zsh"], help="for which shell")
    completion.set_defaults(run="completion")


def _add_project(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--project", type=Path, default=Path(), metavar="DIR", help="the project's folder (default: the current one)"
    )
    parser.add_argument(
        "--alembic-ini", metavar="FILE", help="Alembic's configuration file, relative to DIR (default: alembic.ini)"
    )
    parser.add_argument(
        "-n",
        "--name",
        metavar="NAME",
        help="the section of that file, as for `alembic -n` (default: alembic)",
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
        "-x",
        action="append",
        metavar="NAME=VALUE",
        help="an argument that env.py reads with context.get_x_argument(), as for `alembic -x`; {url} stands for the"
        " database's URL",
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
