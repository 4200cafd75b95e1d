"""What ``verify`` is told of a project: the two ways of saying it, the defaults, and what is said of a wrong value."""

from pathlib import Path
from time import monotonic

import pytest

from schemaproof.errors import ProofError
from schemaproof.project.allowances import Allowance
from schemaproof.project.settings import Settings
from schemaproof.project.subject import Subject
from tests.schemaproof.report.reports import a_check

KNOWN = ("downgrade-restores", "single-head", "unused-allowance")


def told(folder: Path, table: str = "", **arguments: str) -> Settings:
    """The settings of ``folder`` with ``table`` as its [tool.schemaproof] and the command line's ``arguments``."""
    (folder / "pyproject.toml").write_text(f"[tool.schemaproof]\n{table}")
    return Settings.read(folder, {key.replace("_", "-"): value for key, value in arguments.items()}, known=KNOWN)


def refused(folder: Path, table: str = "", **arguments: str) -> ProofError:
    """What is said of them."""
    with pytest.raises(ProofError) as caught:
        told(folder, table, **arguments)
    return caught.value


def test_settings_default_to_alembics_names_all_checks_and_a_driver_to_be_found_out(tmp_path: Path) -> None:
    settings = Settings.read(tmp_path, {}, known=KNOWN)
    assert settings.subject == Subject(tmp_path, Path("alembic.ini"), None, "DATABASE_URL", None, {})
    assert (settings.select, settings.ignore, settings.allowances) == (None, (), ())


def test_settings_are_taken_from_pyproject(tmp_path: Path) -> None:
    settings = told(
        tmp_path,
        """
        alembic-ini = "db/alembic.ini"
        metadata = "app.models:Base.metadata"
        url-env = "DB_URL"
        driver = "psycopg"
        select = ["single-head"]
        ignore = ["downgrade-restores"]
        environment = {DB_HOST = "{host}:{port}", BRACE = "{{}}"}
        allow = [{check = "single-head", reason = "Two products."}]
        """,
    )
    environment = {"DB_HOST": "{host}:{port}", "BRACE": "{{}}"}
    assert settings.subject == Subject(
        tmp_path, Path("db/alembic.ini"), "app.models:Base.metadata", "DB_URL", "psycopg", environment
    )
    assert (settings.select, settings.ignore) == (("single-head",), ("downgrade-restores",))
    assert settings.allowances == (Allowance("single-head", "Two products."),)


def test_settings_say_where_env_py_is_and_what_it_needs(tmp_path: Path) -> None:
    table = """
        script-location = "app:migrations"
        url-option = "url"
        name = "tenant"
        x = ["url={url}", "verbose"]
        before = "app:create"
        prepare-sql = "CREATE SCHEMA app"
        """
    settings = told(tmp_path, table)
    subject = settings.subject
    assert (subject.script_location, subject.url_option, subject.before) == ("app:migrations", "url", "app:create")
    assert [one.sql for one in subject.prepare_sql] == ["CREATE SCHEMA app"]
    assert settings.migrates
    assert (subject.name, subject.x) == ("tenant", ("url={url}", "verbose"))
    given = Settings.read(tmp_path, {"x": ["a={host}", "b"]}, known=KNOWN)
    assert given.subject.x == ("a={host}", "b")
    assert told(tmp_path, table, name="core").subject.name == "core"
    subject = told(tmp_path, table, script_location="db", url_option="db.url", before="app:other").subject
    assert (subject.script_location, subject.url_option, subject.before) == ("db", "db.url", "app:other")


def test_settings_of_the_command_line_go_before_pyproject(tmp_path: Path) -> None:
    table = 'driver = "psycopg"\nselect = ["single-head"]'
    settings = told(tmp_path, table, driver="asyncpg", select="downgrade-restores, unused-allowance")
    assert settings.subject.driver == "asyncpg"
    assert settings.select == ("downgrade-restores", "unused-allowance")


def test_settings_make_the_project_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Settings.read(Path(), {}, known=KNOWN).subject.project == tmp_path


def test_settings_choose_what_is_selected_and_not_ignored_in_the_catalogues_order(tmp_path: Path) -> None:
    checks = [a_check(name) for name in KNOWN]
    settings = told(tmp_path, select="unused-allowance,single-head,downgrade-restores", ignore="single-head")
    assert [check.id for check in settings.choose(checks)] == ["downgrade-restores", "unused-allowance"]


def test_settings_choose_all_checks_where_none_is_named(tmp_path: Path) -> None:
    checks = [a_check(name) for name in KNOWN]
    assert told(tmp_path).choose(checks) == checks


def test_settings_select_on_the_command_line_what_pyproject_ignores(tmp_path: Path) -> None:
    assert told(tmp_path, 'ignore = ["single-head", "unused-allowance"]', select="single-head").ignore == (
        "unused-allowance",
    )


def test_settings_that_leave_no_check_are_refused(tmp_path: Path) -> None:
    settings = told(tmp_path, select="single-head", ignore="single-head")
    with pytest.raises(ProofError, match="leave no check"):
        settings.choose([a_check(name) for name in KNOWN])


@pytest.mark.parametrize(
    ("table", "cause", "remedy"),
    [
        ('alembic_ini = "a.ini"', "has an unknown key: alembic_ini", "Did you mean alembic-ini? Known are "),
        ("xyz = 1", "has an unknown key: xyz", "Known are alembic-ini, allow, "),
        ("metadata = 1", "metadata in [tool.schemaproof] is 1, not a string.", 'Write metadata = "'),
        ('metadata = "app.models"', "metadata in [tool.schemaproof] is 'app.models'.", "Write MODULE:ATTRIBUTE"),
        ('url-env = "A=B"', "is not the name of an environment variable: 'A=B'", "Name the variable"),
        ('url-env = "DB_URL_Ä"', "is not the name of an environment variable", "Name the variable"),
        (
            'driver = "psycopg3"',
            "driver in [tool.schemaproof] names an unknown driver: 'psycopg3'",
            "Did you mean psycopg",
        ),
        (
            'alembic-ini = ""',
            "alembic-ini in [tool.schemaproof] is empty.",
            "Name the file, or leave it out for alembic.ini.",
        ),
        (
            'script-location = " "',
            "script-location in [tool.schemaproof] is empty.",
            "Name the folder of env.py: migrations, or package:migrations.",
        ),
        ('url-option = "a b"', "is not the name of a setting: 'a b'", "Name the setting that env.py reads"),
        ('x = "url={url}"', "x in [tool.schemaproof] is 'url={url}'.", "Write a list, as for `alembic -x`: "),
        (
            'x = ["url={uri}"]',
            "'url={uri}' in x in [tool.schemaproof] has an unknown placeholder: {uri}.",
            "Did you mean url",
        ),
        ('x = ["url={url"]', "has an unmatched brace", "Double a literal brace"),
        ('name = " "', "name in [tool.schemaproof] is empty.", "Name the section of alembic.ini"),
        ('before = "app"', "before in [tool.schemaproof] is 'app'.", "Write MODULE:FUNCTION"),
        ("prepare-sql = 1", "prepare-sql in [tool.schemaproof] is 1.", "Write SQL, or files: "),
        (
            'select = "single-head"',
            "select in [tool.schemaproof] is 'single-head'",
            'Write a list of checks or areas, such as select = ["',
        ),
        (
            'fail-on = "errors"',
            "fail-on in [tool.schemaproof] is 'errors'",
            "Did you mean error? Known are error, never",
        ),
        ('severity = {"single-head" = "note"}', "severity in [tool.schemaproof] is a table", "Give a reason for each:"),
        ("ignore = [1]", "ignore in [tool.schemaproof] is [1]", 'Write a list of checks or areas, such as ignore = ["'),
        ('ignore = ["single-hed"]', "names an unknown check: 'single-hed'", "Did you mean single-head? "),
        (
            "environment = 1",
            "environment in [tool.schemaproof] is 1, not a table.",
            "Write [tool.schemaproof.environment]",
        ),
        ("environment = {A = 1}", "A in [tool.schemaproof.environment] is 1, not a string.", 'Write A = "'),
        (
            'environment = {A = "{hots}"}',
            "A in [tool.schemaproof.environment] has an unknown placeholder: {hots}",
            "Did you mean host?",
        ),
        ('environment = {A = "{url!r}"}', "unknown placeholder: {url!r}", "Did you mean url?"),
        ('environment = {A = "{port:>5}"}', "unknown placeholder: {port:>5}", "Did you mean port?"),
        ('environment = {A = "{}"}', "unknown placeholder: {}", "Known are database, host"),
        (
            'environment = {A = "{url"}',
            "A in [tool.schemaproof.environment] has an unmatched brace",
            "Double a literal brace",
        ),
        ('stall-timeout = "soon"', "stall-timeout in [tool.schemaproof] is 'soon'", "Give the number of seconds"),
        ('releases = "0007"', "releases in [tool.schemaproof] is '0007'.", "Write a list of the last revision"),
        ("releases = [7]", "releases in [tool.schemaproof] is [7].", "Write a list of the last revision"),
        ("stall-timeout = 0", "stall-timeout in [tool.schemaproof] is 0.", "Give the number of seconds"),
        ("budget = 0", "budget in [tool.schemaproof] is 0.", "Give the number of seconds"),
        ("stall-timeout = true", "stall-timeout in [tool.schemaproof] is True.", "Give the number of seconds"),
        (
            'allow = [{check = "single-head"}]',
            "[[tool.schemaproof.allow]], entry 1 has no reason",
            "Add its reason, as in\n",
        ),
    ],
)
def test_settings_that_are_wrong_are_named_with_a_remedy(tmp_path: Path, table: str, cause: str, remedy: str) -> None:
    error = refused(tmp_path, table)
    assert cause in error.cause
    assert error.remedy.startswith(remedy)


def test_settings_take_an_area_for_all_of_its_checks(tmp_path: Path) -> None:
    areas = {"history": ("single-head", "unused-allowance")}
    (tmp_path / "pyproject.toml").write_text('[tool.schemaproof]\nignore = ["history"]')
    settings = Settings.read(tmp_path, {"select": "downgrade-restores,history"}, known=KNOWN, areas=areas)
    assert settings.select == ("downgrade-restores", "single-head", "unused-allowance")
    assert settings.ignore == ()
    assert Settings.read(tmp_path, {}, known=KNOWN, areas=areas).ignore == ("single-head", "unused-allowance")


def test_settings_name_the_area_that_resembles_an_unknown_one(tmp_path: Path) -> None:
    with pytest.raises(ProofError) as caught:
        Settings.read(tmp_path, {"select": "histroy"}, known=KNOWN, areas={"history": ("single-head",)})
    assert caught.value.remedy.startswith("Did you mean history? Known are downgrade-restores, history, ")


@pytest.mark.parametrize("value", ["", "single-head,", "nothing"])
def test_settings_refuse_a_select_of_what_is_no_check(tmp_path: Path, value: str) -> None:
    assert refused(tmp_path, select=value).cause.startswith("--select names an unknown check: ")


def test_settings_of_a_project_that_is_no_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ProofError, match="There is no folder"):
        Settings.read(tmp_path / "nowhere", {}, known=KNOWN)


@pytest.mark.parametrize("files", [{"alembic.ini": ""}, {"pyproject.toml": "[tool.alembic]"}])
def test_settings_know_a_project_of_alembic_by_either_configuration(tmp_path: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert Settings.read(tmp_path, {}, known=KNOWN).migrates


def test_settings_take_a_project_that_names_a_configuration_for_one_of_alembic(tmp_path: Path) -> None:
    assert told(tmp_path, alembic_ini="missing.ini").migrates


def test_settings_know_a_project_without_alembic(tmp_path: Path) -> None:
    assert not told(tmp_path).migrates


def test_settings_are_not_taken_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There the project's own variables are, and those that say which server is wanted."""
    monkeypatch.setenv("SCHEMAPROOF_DRIVER", "psycopg")
    assert Settings.read(tmp_path, {}, known=KNOWN).subject.driver is None


def test_settings_that_cannot_be_read_name_the_file(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").mkdir()
    with pytest.raises(ProofError, match=r"pyproject\.toml can't be read: Is a directory\."):
        Settings.read(tmp_path, {}, known=KNOWN)


def test_settings_that_are_not_in_utf8_are_told_so(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"# caf\xe9\n")
    with pytest.raises(ProofError, match=r"pyproject\.toml is not encoded in UTF-8") as caught:
        Settings.read(tmp_path, {}, known=KNOWN)
    assert caught.value.remedy == "Save it as UTF-8."


def test_deployers_and_crashes_are_what_the_table_says(tmp_path: Path) -> None:
    subject = told(tmp_path, "deployers = 3\neverywhere = true").subject
    assert (subject.deployers, subject.everywhere) == (3, True)


def test_deployers_and_crashes_of_the_command_line_go_first(tmp_path: Path) -> None:
    subject = told(tmp_path, "deployers = 3", deployers="5", everywhere="true").subject
    assert (subject.deployers, subject.everywhere) == (5, True)


@pytest.mark.parametrize("value", ["1", "0", "-2", "2.5", "true", '"many"'])
def test_deployers_that_are_no_number_of_several_are_refused(tmp_path: Path, value: str) -> None:
    assert "2 or more" in refused(tmp_path, f"deployers = {value}").remedy


def test_everywhere_that_is_no_boolean_is_refused(tmp_path: Path) -> None:
    assert "Write everywhere = true or everywhere = false." in refused(tmp_path, 'everywhere = "no"').remedy


def test_roles_that_revisions_expect_are_a_list_of_names(tmp_path: Path) -> None:
    assert told(tmp_path, 'roles = ["readonly", "app"]').subject.roles == ("readonly", "app")


@pytest.mark.parametrize("value", ['"readonly"', "[1]", '[""]'])
def test_roles_that_are_no_list_of_names_are_refused(tmp_path: Path, value: str) -> None:
    assert "readonly" in refused(tmp_path, f"roles = {value}").remedy


def test_small_tables_are_a_list_of_names(tmp_path: Path) -> None:
    assert told(tmp_path, 'small-tables = ["public.countries"]').subject.small_tables == ("public.countries",)


@pytest.mark.parametrize("value", ['"countries"', "[1]", '[""]'])
def test_small_tables_that_are_no_list_of_names_are_refused(tmp_path: Path, value: str) -> None:
    assert "public.countries" in refused(tmp_path, f"small-tables = {value}").remedy


def test_budget_counts_from_when_it_is_read(tmp_path: Path) -> None:
    before = monotonic()
    budget = told(tmp_path, "budget = 60", budget="7.5").subject.budget
    assert budget is not None
    assert before + 7.5 <= budget.until <= monotonic() + 7.5
    assert told(tmp_path).subject.budget is None


def test_releases_are_those_of_the_table(tmp_path: Path) -> None:
    assert told(tmp_path, 'releases = ["0007", "0012"]').subject.releases == ("0007", "0012")
    assert told(tmp_path).subject.releases == ()


def test_stall_timeout_is_the_command_lines_then_the_tables_then_the_default(tmp_path: Path) -> None:
    table = "stall-timeout = 2.5"
    assert told(tmp_path, table, stall_timeout="7").subject.stall_timeout == 7
    assert told(tmp_path, table).subject.stall_timeout == 2.5
    assert told(tmp_path).subject.stall_timeout == 300
