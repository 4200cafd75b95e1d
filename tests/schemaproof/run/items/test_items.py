"""The checks as pytest items, from outside: pytest runs on small projects, and what they show and leave behind."""

import os
import subprocess
import sys
from xml.etree import ElementTree as ET

import psycopg
import pytest

from schemaproof.postgres import Database, Server
from schemaproof.postgres.owner import Owner
from schemaproof.proofs.registry import CHECKS
from tests.schemaproof.projects import ENV, Step, make_project, table
from tests.schemaproof.warm import Warm

pytestmark = pytest.mark.usefixtures("proved_server")

OPT_IN = 'from schemaproof.testing import test_project, test_revision\n\n__all__ = ["test_project", "test_revision"]\n'
# Those that inject failures take longest, and note that the small projects' env.py lets several deployers in at once.
FAILURE = [check.id for check in CHECKS if check.area == "failure"]
ASKED = [check for check in CHECKS if check.id not in FAILURE]
EACH = sum(check.scope == "revision" for check in ASKED)  # items of one revision
ONCE = len(ASKED) - EACH
CONFIGURATION = f"""
[tool.schemaproof]
driver = "psycopg"
ignore = {FAILURE}

[tool.pytest]
asyncio_mode = "auto"
asyncio_default_fixture_loop_scope = "function"
filterwarnings = ["error"]
"""
FORGETS_TYPE = Step("CREATE TYPE color AS ENUM ('red')", "SELECT 1")
FORGETS_COLUMN = Step("ALTER TABLE t ADD a int, ADD b int", "ALTER TABLE t DROP a")


@pytest.fixture(autouse=True)
def server(monkeypatch: pytest.MonkeyPatch, postgres_server: Server) -> None:
    """The inner runs use the server of this one."""
    monkeypatch.setenv("SCHEMAPROOF_POSTGRES", postgres_server.url.render_as_string(hide_password=False))
    monkeypatch.setenv("COLUMNS", "200")  # no line of the summary is cut


class Project:
    """A project with migrations, and a test module that asks for the checks."""

    def __init__(self, pytester: pytest.Pytester, warm: Warm) -> None:
        self.pytester, self.warm = pytester, warm
        self.path = pytester.path

    def make(self, *steps: Step, env: str = ENV, more: str = "") -> "Project":
        """Write it; ``more`` goes to the end of pyproject.toml."""
        make_project(self.path, steps, env=env)
        self.write("pyproject.toml", CONFIGURATION + more)
        self.write("tests/test_migrations.py", OPT_IN)
        return self

    def write(self, name: str, text: str) -> None:
        path = self.path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def run(self, *arguments: str) -> pytest.RunResult:
        return self.warm.pytest(self.pytester, "-rA", *arguments)

    def run_by_itself(self, *arguments: str) -> pytest.RunResult:
        """In new processes, pytest's and the one of the project's code: a fork has imported more."""
        return self.pytester.runpytest_subprocess("-rA", *arguments)


@pytest.fixture
def project(pytester: pytest.Pytester, warm: Warm) -> Project:
    return Project(pytester, warm)


def ids(result: pytest.RunResult) -> list[str]:
    """The items in ``--collect-only -q``."""
    return [line.partition("::")[2] for line in result.outlines if "::" in line]


def test_sound_project_passes_and_nothing_is_left_on_the_server(project: Project, empty_database: Database) -> None:
    url = empty_database.url().render_as_string(hide_password=False)
    result = project.make(table("t"), table("u")).run("--postgres", url, "-k", "test_project or 0002")
    result.assert_outcomes(passed=ONCE + EACH, deselected=EACH)
    with psycopg.connect(empty_database.dsn) as connection:
        names = [name for (name,) in connection.execute("SELECT datname FROM pg_database").fetchall()]
    owners = [owner for owner in map(Owner.find, names) if owner is not None]
    assert [owner for owner in owners if owner.gone()] == []  # other workers' are alive
    assert owners


def test_failure_is_the_finding_as_the_command_line_prints_it_and_no_traceback(project: Project) -> None:
    project.make(table("t"), FORGETS_COLUMN)
    result = project.run("-k", "downgrade-restores")
    result.assert_outcomes(passed=1, failed=1, deselected=ONCE + 2 * EACH - 2)
    printed = project.warm.run("schemaproof", "verify", "--select", "downgrade-restores", cwd=project.path).stdout
    told = [line.removeprefix("  ") for line in printed.splitlines()[1:] if line.startswith("  ")]
    assert len(told) > 3
    result.stdout.fnmatch_lines([line.replace("[", "[[]") for line in told], consecutive=True)
    result.stdout.fnmatch_lines(
        ["FAILED *test_revision[[]0002-downgrade-restores] - Failed: error[[]downgrade-restores] *"]
    )
    result.stdout.no_fnmatch_line("*items.py*")
    result.stdout.no_fnmatch_line("*Traceback*")


def test_failure_that_the_team_makes_a_note_is_none(project: Project) -> None:
    lines = '[[tool.schemaproof.severity]]\ncheck = "downgrade-restores"\nseverity = "note"\nreason = "Old."\n'
    project.make(table("t"), FORGETS_COLUMN, more=lines)
    result = project.run("-k", "0002-downgrade-restores")
    result.assert_outcomes(passed=1, deselected=ONCE + 2 * EACH - 1)
    result.stdout.fnmatch_lines(["note[[]downgrade-restores] *"])


def test_failure_that_is_in_the_baseline_is_none(project: Project) -> None:
    project.make(table("t"), FORGETS_COLUMN)
    both = "downgrade-restores,upgrade-after-downgrade"
    assert project.warm.run("schemaproof", "baseline", "--select", both, cwd=project.path).returncode == 0
    result = project.run("-k", "0002 and (downgrade-restores or upgrade-after-downgrade)")
    result.assert_outcomes(passed=2, deselected=ONCE + 2 * EACH - 2)
    result.stdout.fnmatch_lines(["*(known: schemaproof-baseline.toml)"])


def test_failure_is_none_where_findings_never_fail_the_run(project: Project) -> None:
    project.make(table("t"), FORGETS_COLUMN)
    project.write("pyproject.toml", CONFIGURATION.replace("driver =", 'fail-on = "never"\ndriver ='))
    result = project.run("-k", "0002-downgrade-restores")
    result.assert_outcomes(passed=1, deselected=ONCE + 2 * EACH - 1)
    result.stdout.fnmatch_lines(["error[[]downgrade-restores] *"])


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ("stairway and 0002", ["missing", "runs", "restores", None]),
        ("downgrade-restores", ["restores", "restores"]),
    ],
)
def test_items_are_selected_by_keyword_check_and_revision(
    project: Project, selection: str, expected: list[str | None]
) -> None:
    project.make(table("t"), table("u"))
    result = project.run("--collect-only", "-q", "-k", selection)
    named = [None if "upgrade-after" in name else name.rstrip("]").rpartition("-")[2] for name in ids(result)]
    assert named == expected


def test_items_are_selected_by_area_and_by_node_id(project: Project) -> None:
    project.make(table("t"), table("u"))
    history = ["test_project[revision-import]", "test_project[revision-chain]", "test_project[single-head]"]
    assert ids(project.run("--collect-only", "-q", "-k", "history")) == history
    one = "tests/test_migrations.py::test_revision[0002-downgrade-runs]"
    assert ids(project.run("--collect-only", "-q", one)) == ["test_revision[0002-downgrade-runs]"]


def test_several_deployers_at_once_are_one_item_of_the_project(project: Project) -> None:
    project.make(table("t"), table("u"))
    toml = project.path / "pyproject.toml"
    toml.write_text(toml.read_text().replace(f"ignore = {FAILURE}\n", "deployers = 3\n"))
    result = project.run("-k", "concurrent-deployers")
    assert result.parseoutcomes()["failed"] == 1
    result.stdout.fnmatch_lines(["FAILED *test_project[[]concurrent-deployers]*"])


def test_workers_share_the_items_and_find_the_same(project: Project) -> None:
    project.make(table("t"), FORGETS_COLUMN)
    result = project.run("-n", "2", "-k", "downgrade-restores or upgrade-after-downgrade or single-head")
    result.assert_outcomes(passed=2 * 2 + 1 - 2, failed=2)
    result.stdout.fnmatch_lines_random(
        [f"FAILED *test_revision[[]0002-{one}]*" for one in ("downgrade-restores", "upgrade-after-downgrade")]
    )


def test_shuffling_leaves_the_checks_in_the_order_in_which_they_share_work(project: Project) -> None:
    project.make(table("t"), table("u"))
    project.write(
        "tests/test_other.py", "import pytest\n@pytest.mark.parametrize('n', range(20))\ndef test_n(n): pass\n"
    )
    shuffled = [ids(project.run("--collect-only", "-q", f"--randomly-seed={seed}")) for seed in (1, 2)]
    straight = ids(project.run("--collect-only", "-q", "-p", "no:randomly"))
    checks = [name for name in straight if not name.startswith("test_n")]
    assert shuffled[0] != shuffled[1]
    assert all([name for name in one if not name.startswith("test_n")] == checks for one in shuffled)


def test_junit_has_a_case_for_each_item_and_the_finding_as_its_failure(project: Project) -> None:
    project.make(table("t"), FORGETS_TYPE)
    project.run("-k", "downgrade-missing or parity-autogenerate", "--junitxml", "report.xml")
    cases = {case.get("name"): case for case in ET.parse(project.path / "report.xml").iter("testcase")}  # noqa: S314 (our own)
    assert list(cases) == [
        "test_revision[0001-downgrade-missing]",
        "test_revision[0002-downgrade-missing]",
        "test_project[parity-autogenerate]",
    ]
    failure = cases["test_revision[0002-downgrade-missing]"].find("failure")
    assert failure is not None
    assert str(failure.get("message")).startswith(
        "Failed: error[downgrade-missing] The downgrade of 0002 does nothing."
    )
    note = cases["test_project[parity-autogenerate]"].find("properties/property[@name='notes']")
    assert note is not None
    assert "No metadata is known" in str(note.get("value"))


def test_note_does_not_fail_and_is_shown_with_the_item(project: Project) -> None:
    result = project.make(table("t")).run("-k", "parity-autogenerate")
    result.assert_outcomes(passed=1, deselected=ONCE + EACH - 1)
    result.stdout.fnmatch_lines(["*Captured notes call*", "note[[]parity-autogenerate] No metadata is known*"])


def test_allowed_finding_does_not_fail_and_is_shown_with_its_reason(project: Project) -> None:
    allowance = '[[tool.schemaproof.allow]]\ncheck = "downgrade-restores"\nreason = "Old code needs it."\n'
    project.make(table("t"), FORGETS_COLUMN, more=allowance)
    result = project.run("-k", "stairway and 0002 or unused")
    result.assert_outcomes(passed=4 + 1, deselected=ONCE + 2 * EACH - 5)
    result.stdout.fnmatch_lines(["*Captured allowed call*", "column public.t.b: *(Old code needs it.)"])


def test_unused_allowance_fails_whatever_else_is_selected(project: Project) -> None:
    allowance = '[[tool.schemaproof.allow]]\ncheck = "downgrade-runs"\nreason = "It used to fail."\n'
    result = project.make(table("t"), more=allowance).run("-k", "unused-allowance")
    result.stdout.fnmatch_lines(
        ["warning[[]unused-allowance] The allowance for downgrade-runs *", f"*1 failed, {ONCE + EACH - 1} deselected*"]
    )


def test_broken_chain_fails_in_the_item_that_tells_it_and_has_no_others(project: Project) -> None:
    project.make(table("t"), table("u"), table("v"))
    (project.path / "migrations" / "versions" / "0002.py").unlink()
    result = project.run()
    result.assert_outcomes(passed=1, failed=1, skipped=1)  # how many heads there are is not known
    result.stdout.fnmatch_lines(["error[[]revision-chain] The down_revision of 0003 is 0002, and there is no such*"])
    result.stdout.no_fnmatch_line("*INTERNALERROR*")


def test_revision_that_cannot_be_reached_is_skipped_with_the_one_that_fails(project: Project) -> None:
    result = project.make(Step("SELECT nonsense"), table("t")).run("-k", "upgrade-from-empty")
    result.assert_outcomes(failed=1, skipped=1, deselected=ONCE + 2 * EACH - 2)
    result.stdout.fnmatch_lines(["SKIPPED *: not run: revision 0001 fails"])


def test_project_without_alembic_fails_with_cause_and_remedy(project: Project) -> None:
    project.make()
    (project.path / "alembic.ini").unlink()
    result = project.run()
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines(["No Alembic project in *", "Remedy: Run this in the project's folder*"])
    result.stdout.no_fnmatch_line("*INTERNALERROR*")


def test_wrong_settings_fail_with_cause_and_remedy(project: Project) -> None:
    result = project.make(table("t"), more="[tool.schemaproof.environment]\nPORT = 5432\n").run()
    result.assert_outcomes(errors=3)
    result.stdout.fnmatch_lines(["PORT in *environment* is 5432, not a string.", 'Remedy: Write PORT = "..."'])


def test_subject_that_connects_elsewhere_fails_with_cause_and_remedy_and_no_traceback(project: Project) -> None:
    env = ENV.replace('config.get_section("alembic")', '{"sqlalchemy.url": "postgresql+psycopg://me@127.0.0.1:1/mine"}')
    result = project.make(table("t"), env=env).run("-k", "single-head")
    result.assert_outcomes(failed=1, deselected=ONCE + EACH - 1)
    result.stdout.fnmatch_lines(["env.py connects to 127.0.0.1:1/mine, not to *", "Remedy: Let env.py take its URL*"])
    result.stdout.no_fnmatch_line("*Traceback*")


OVERRIDE = """
import dataclasses, pathlib, pytest

@pytest.fixture(scope="session")
def schemaproof_subject(schemaproof_subject):
    return dataclasses.replace(schemaproof_subject, {})
"""


def test_subject_is_a_fixture_that_a_project_may_override(project: Project) -> None:
    env = 'import os\nif os.environ.get("TENANT") != "acme":\n    raise SystemExit("no tenant")\n' + ENV
    project.make(table("t"), env=env)
    project.run("-k", "single-head").assert_outcomes(failed=1, deselected=ONCE + EACH - 1)
    project.write("conftest.py", OVERRIDE.replace("{}", 'environment={"TENANT": "acme"}'))
    project.run("-k", "single-head").assert_outcomes(passed=1, deselected=ONCE + EACH - 1)


def test_subject_with_other_revisions_than_collected_fails_with_the_remedy(project: Project) -> None:
    project.make(table("t"))
    make_project(project.path / "other", [table("t"), table("u")])
    project.write("conftest.py", OVERRIDE.replace("{}", 'project=pathlib.Path("other").absolute()'))
    result = project.run("-k", "single-head")
    result.assert_outcomes(failed=1, deselected=ONCE + EACH - 1)
    result.stdout.fnmatch_lines(
        ["collected: 0001", "in the project: 0001, 0002", "Remedy: Point *tool.schemaproof* and the fixture*"]
    )


MEDDLES = """
import logging, os, sys, warnings
logging.disable(logging.CRITICAL)
logging.getLogger().handlers.clear()
os.environ["MEDDLED"] = "yes"
sys.path.insert(0, "/meddled")
warnings.warn("env.py is old", DeprecationWarning)
print("env.py was here")
import settings
"""


def test_code_of_the_project_leaves_the_process_of_pytest_as_it_was(project: Project) -> None:
    """Nor does it see what the tests did: they imported the settings with another URL, and warnings are errors."""
    reads = ENV.replace('config.get_section("alembic")', '{"sqlalchemy.url": settings.url}')
    project.make(table("t"), env=MEDDLES + reads)
    ini = project.path / "alembic.ini"
    ini.write_text(ini.read_text() + "prepend_sys_path = %(here)s\npath_separator = os\n")
    project.write("settings.py", 'import os\nurl = os.environ.get("DATABASE_URL", "postgresql://production/db")\n')
    project.write(
        "tests/test_zz.py",
        """
import logging, os, sys

sys.path.append(os.getcwd())
import settings

def state():
    root = logging.getLogger()
    return dict(os.environ) | {"PYTEST_CURRENT_TEST": ""}, sys.path[:], os.getcwd(), root.manager.disable

before = state()

def test_nothing_changed(capfd, caplog):
    logging.getLogger("x").warning("heard")
    assert caplog.messages == ["heard"]
    assert state() == before
    assert settings.url == "postgresql://production/db"
    assert capfd.readouterr() == ("", "")
""",
    )
    asked = "downgrade-restores or upgrade-with-rows or parity-catalog or nothing_changed"
    result = project.run_by_itself("-p", "no:randomly", "-k", asked)
    result.assert_outcomes(passed=4, deselected=ONCE + EACH - 3)
    result.stdout.no_fnmatch_line("*env.py was here*")


def test_one_process_answers_all_items(project: Project) -> None:
    env = "import os\nwith open('pids', 'a') as file:\n    print(os.getpid(), file=file)\n" + ENV
    project.make(table("t"), env=env).run("-k", "stairway or single-head or parity-catalog").assert_outcomes(
        passed=4 + 2, deselected=ONCE + EACH - 6
    )
    assert len(set((project.path / "pids").read_text().split())) == 1


def test_items_are_collected_where_imported_tests_are_not(project: Project) -> None:
    project.make(table("t"))
    toml = project.path / "pyproject.toml"
    toml.write_text(toml.read_text() + "collect_imported_tests = false\n")
    assert len(ids(project.run("--collect-only", "-q"))) == ONCE + EACH


def test_run_that_asks_for_no_check_imports_neither_sqlalchemy_nor_alembic(project: Project) -> None:
    """The plugin is loaded in every pytest run of everybody who has the harness installed."""
    names = '{"alembic", "sqlalchemy", "psycopg", "schemaproof.run.items", "schemaproof.proofs"}'
    project.write("test_imports.py", f"import sys\ndef test_light(): assert {names} & set(sys.modules) == set()\n")
    command = [sys.executable, "-m", "pytest", "-p", "schemaproof.plugin"]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SCHEMAPROOF_")}
    environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    found = subprocess.run(command, cwd=project.path, env=environ, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


def test_collection_needs_no_server(project: Project) -> None:
    result = project.make(table("t")).run("--collect-only", "-q", "--postgres", "postgresql://me@127.0.0.1:1/x")
    assert len(ids(result)) == ONCE + EACH


def test_process_that_the_project_ends_is_told_and_the_others_are_asked(project: Project) -> None:
    project.make(table("t"), table("u"), FORGETS_TYPE)
    file = project.path / "migrations" / "versions" / "0002.py"
    end = "import os; os.kill(os.getpid(), 9)"
    file.write_text(file.read_text().replace("def downgrade():", f"def downgrade():\n    {end}"))
    result = project.run("-k", "downgrade-missing")
    result.stdout.fnmatch_lines(["*The process that runs the project's code died (*).", "*Remedy: *"])
    told = {line.partition(" ")[0]: line for line in result.outlines if "::test_revision[" in line}
    assert sorted(told) == ["FAILED", "PASSED"]
    result.assert_outcomes(passed=1, failed=2, deselected=ONCE + 3 * EACH - 3)


def test_process_that_the_project_ends_again_and_again_is_given_up(project: Project) -> None:
    project.make(Step("SELECT 1"), table("u"))
    file = project.path / "migrations" / "versions" / "0001.py"
    file.write_text(file.read_text().replace("def upgrade():", "def upgrade():\n    import os; os._exit(3)"))
    result = project.run()
    outcomes = result.parseoutcomes()
    assert outcomes["failed"] > 20
    assert "error" not in outcomes
