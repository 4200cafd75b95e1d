"""What is said to write where the project's code says what it was not given."""

import os
from pathlib import Path
from typing import Any, ClassVar

import pytest
from sqlalchemy.exc import OperationalError

from schemaproof.migration.history import open_history
from schemaproof.migration.ungiven import ungiven_remedy
from schemaproof.postgres import Server
from schemaproof.project.subject import Subject, SubjectError
from tests.schemaproof.projects import ENV, make_project, table

SUBJECT = Subject(Path(), environment={"APP_TOKEN": "x"})
NAMED = 'url-env = "PG_DSN" in [tool.schemaproof]'


def remedy(raises: str, **names: Any) -> str | None:
    """What is said of the error that the code raises."""
    try:
        exec(raises, {"os": os, "__name__": "app", **names})  # noqa: S102 (the tests' own)
    except Exception as error:  # noqa: BLE001 (whatever a settings library raises)
        return ungiven_remedy(error, SUBJECT)
    return None


@pytest.mark.parametrize(
    "text",
    [
        "PG_DSN not found. Declare it as envvar or define a default value.",  # python-decouple
        'Environment variable "PG_DSN" not set',  # environs
        "Config 'PG_DSN' is missing, and has no default.",  # Starlette
        "Set the PG_DSN environment variable",  # django-environ
        "PG_DSN is required",
    ],
)
def test_variable_that_an_error_names_is_named(text: str) -> None:
    assert NAMED in (remedy(f"raise RuntimeError({text!r})") or "")


def test_variable_that_os_does_not_find_is_named() -> None:
    assert NAMED in (remedy("os.environ['PG_DSN']") or "")


def test_error_that_another_one_hides_is_seen() -> None:
    told = remedy("try: os.environ['PG_DSN']\nexcept KeyError as error: raise RuntimeError('no settings') from error")
    assert NAMED in (told or "")


def test_parts_of_the_url_and_other_values_are_written_as_settings() -> None:
    told = remedy("raise RuntimeError('these are not set: DB_HOST, DB_NAME, SECRET_KEY')")
    assert told == (
        "Write in pyproject.toml, with values that the project accepts in place of the dots:\n"
        '[tool.schemaproof.environment]\nDB_HOST = "{host}"\nDB_NAME = "{database}"\nSECRET_KEY = "..."'
    )


@pytest.mark.parametrize(
    "raises",
    [
        "{}['PG_DSN']",  # no variable of the environment
        "raise RuntimeError('the column PG_DSN is not there')",
        "raise RuntimeError('not set')",
        "raise RuntimeError('DATABASE_URL is not set as it should be')",  # it is
        "raise RuntimeError('APP_TOKEN is not set as it should be')",
        "raise failure",
    ],
)
def test_other_errors_are_none_of_it(raises: str) -> None:
    failure = OperationalError("INSERT INTO t (PG_DSN)", None, RuntimeError("PG_DSN is not set"))
    assert remedy(raises, failure=failure) is None


class Field:
    """As pydantic's FieldInfo."""

    def __init__(self, annotation: object, *, required: bool = True) -> None:
        self.annotation = annotation
        self.is_required = lambda: required


class Database:
    """A model in settings."""

    model_fields: ClassVar = {"url": Field(str), "echo": Field(bool, required=False)}


class Settings:
    """As pydantic's BaseSettings, as far as the errors lead to it."""

    model_config: ClassVar = {"env_prefix": "app__", "env_nested_delimiter": "__"}
    model_fields: ClassVar = {"db": Field(Database), "token": Field(str)}


class ValidationError(ValueError):
    """As pydantic's."""

    title = "Settings"

    def __init__(self, *missing: str) -> None:
        super().__init__("1 validation error")
        self.missing = missing

    def errors(self) -> list[dict[str, object]]:
        """What is missing, and a value that is wrong."""
        found: list[dict[str, object]] = [{"type": "missing", "loc": tuple(one.split("."))} for one in self.missing]
        return [*found, {"type": "int_parsing", "loc": ("size",)}]


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        ("token", 'APP__TOKEN = "..."'),
        ("db", "APP__DB__URL"),
        ("db.url", "APP__DB__URL"),
    ],
)
def test_field_that_settings_miss_is_told_as_its_variable(missing: str, told: str) -> None:
    given = {"ValidationError": ValidationError, "Settings": Settings}
    assert told in (remedy(f"raise ValidationError({missing!r})", **given) or "")


def test_value_that_is_wrong_is_not_missing() -> None:
    assert remedy("raise ValidationError()", ValidationError=ValidationError, Settings=Settings) is None


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import os\nurl = os.environ['PG_DSN']\n", NAMED),
        ("url = context.get_x_argument(as_dictionary=True)['pg']\n", 'Write x = ["pg={url}"] in [tool.schemaproof]'),
        ("url = {}['pg']\n", "Fix the error above."),
    ],
)
def test_env_py_that_fails_without_is_told_what_to_write(
    tmp_path: Path, own_server: Server, code: str, told: str
) -> None:
    env = ENV.replace("config = context.config", f"{code}config = context.config")
    subject = make_project(tmp_path, [table("t")], env=env)
    with pytest.raises(SubjectError) as caught, open_history(subject, own_server):
        pass
    assert told in caught.value.remedy
