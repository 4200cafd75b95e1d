"""What the text of a project's code says of its database."""

import pytest

from schemaproof.adoption.code import (
    Source,
    application,
    metadata,
    takes_the_configurations,
    url_option,
    url_parts,
    url_variable,
    variables,
)


def env(text: str = "") -> Source:
    return Source("migrations/env.py", text)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('os.environ["APP_DB_URL"]', ["APP_DB_URL"]),
        ('os.environ.get("APP_DB_URL", "x")', ["APP_DB_URL"]),
        ('environ["A_URL"]; environ.get("B_URL")', ["A_URL", "B_URL"]),
        ('os.getenv("APP_DB_URL") or os.getenv("APP_DB_URL")', ["APP_DB_URL"]),
        ('config("DATABASE_URI", cast=str)', ["DATABASE_URI"]),
        ('env.str("DATABASE_URI")', ["DATABASE_URI"]),
        ('config.get("lower")', []),
        ("class Settings(BaseSettings):\n    database_url: str\n    debug: bool = False", ["DATABASE_URL", "DEBUG"]),
        (
            "class S(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix='APP_')\n    db_dsn: str",
            ["APP_DB_DSN"],
        ),
        (
            "class S(BaseSettings):\n    url: str = Field(validation_alias=AliasChoices('APP_URL', 'databaseUrl'))\n"
            "    dsn: Annotated[str, Field(alias='APP_DSN', title='x')]\n    db: str = Field(title='y')",
            ["APP_URL", "DATABASEURL", "APP_DSN", "DB"],
        ),
        ("this is no Python", []),
        ("\0", []),
    ],
)
def test_variables_are_those_that_the_code_reads(text: str, names: list[str]) -> None:
    assert variables(env(text)) == names


def test_variable_of_env_py_goes_before_those_of_other_modules() -> None:
    settings = Source("app/settings.py", 'os.environ["DATABASE_URL"]')
    found = url_variable(env('os.environ["MIGRATIONS_DSN"]'), [settings])
    assert found is not None
    assert (found.value, found.why) == ("MIGRATIONS_DSN", "read in migrations/env.py")
    found = url_variable(env(), [settings])
    assert found is not None
    assert (found.value, found.why) == ("DATABASE_URL", "read in app/settings.py")


def test_variable_of_another_service_is_none_of_the_database() -> None:
    assert url_variable(env(), [Source("app/settings.py", 'os.environ["REDIS_URL"]')]) is None


def test_of_several_variables_the_one_of_the_database_is_taken() -> None:
    found = url_variable(env('os.environ["SENTRY_DSN"], os.environ["APP_DB_URL"]'), [])
    assert found is not None
    assert found.value == "APP_DB_URL"


def test_url_in_parts_gets_a_placeholder_for_each() -> None:
    names = ("POSTGRES_HOST", "POSTGRES_PORT", "POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB", "REDIS_HOST")
    parts, where = url_parts([Source("settings.py", "\n".join(f'os.environ["{name}"]' for name in names))])
    assert parts == {
        "POSTGRES_HOST": "{host}",
        "POSTGRES_PORT": "{port}",
        "POSTGRES_USER": "{user}",
        "POSTGRES_PASSWORD": "{password}",
        "POSTGRES_DB": "{database}",
    }
    assert where == "read in settings.py"


def test_half_a_url_is_none() -> None:
    assert url_parts([env('os.environ["POSTGRES_HOST"]')]) == ({}, "")


def test_setting_of_another_name_is_found() -> None:
    found = url_option(env('config.get_main_option("db.url")'))
    assert found is not None
    assert found.value == "db.url"
    assert url_option(env('config.get_main_option("sqlalchemy.url")')) is None


@pytest.mark.parametrize(
    ("text", "takes"),
    [
        ("engine_from_config(config.get_section('alembic'))", True),
        ('config.set_main_option("sqlalchemy.url", url); engine_from_config(x)', False),
        ("create_engine(settings.url)", False),
    ],
)
def test_env_py_takes_the_configurations_url_or_its_own(text: str, takes: bool) -> None:
    assert takes_the_configurations(env(text)) is takes


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("def create_app():\n    ...", "app.factory:create_app"),
        ("def create_app(config=None):\n    ...", "app.factory:create_app"),
        ("application = Flask(__name__)", "app.factory:application.app_context"),
    ],
)
def test_application_is_looked_for_where_env_py_needs_its_context(text: str, value: str) -> None:
    source = Source("app/factory.py", text)
    found = application(env("from flask import current_app"), [source])
    assert found is not None
    assert found.value == value
    assert application(env(), [source]) is None


def test_models_are_looked_for_where_env_py_names_none() -> None:
    without = env("target_metadata = None\n")
    base = Source("src/app/db.py", "class Base(DeclarativeBase): ...")
    models = Source("src/app/models/__init__.py", "from app.db import Base")
    table = Source("app/models.py", "metadata = MetaData()")
    for sources, value in (
        ([base], "app.db:Base.metadata"),
        ([base, models], "app.models:Base.metadata"),
        ([table], "app.models:metadata"),
        ([Source("m.py", "Base = orm.declarative_base()")], "m:Base.metadata"),
    ):
        found = metadata(without, sources)
        assert found is not None
        assert found.value == value
    assert metadata(without, []) is None
    assert metadata(env("target_metadata = Base.metadata"), [base]) is None
