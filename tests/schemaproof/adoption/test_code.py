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
    x_argument,
)
from schemaproof.project.variables import part_of_url


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
        (
            "class Db(BaseModel):\n    url: PostgresDsn\n    echo: bool = False\nclass S(BaseSettings):\n"
            "    model_config = SettingsConfigDict(env_prefix='APP__', env_nested_delimiter='__')\n"
            "    db: Db | None = None\n    debug: bool = False",
            ["APP__DB__URL", "APP__DB__ECHO", "APP__DEBUG"],
        ),
        ("class Db(BaseModel):\n    url: str\nclass S(BaseSettings):\n    db: Db", ["DB"]),  # JSON, without a delimiter
        ("class S(BaseSettings):\n    parent: S\n    model_config = dict(env_nested_delimiter='_')", ["PARENT_PARENT"]),
        ('from decouple import config as conf\nconf("PG_DSN")', ["PG_DSN"]),
        ('settings = starlette.config.Config(".env")\nsettings("PG_DSN", cast=URL)', ["PG_DSN"]),
        ('e = environ.Env()\ne.db_url("PG_DSN")', ["PG_DSN"]),
        ('from os import getenv as read\nread("PG_DSN")', ["PG_DSN"]),
        (
            'with env.prefixed("APP_"):\n    env("URL")\n    with env.prefixed("DB_"):\n        env("DSN")\nenv("X")',
            ["APP_URL", "APP_DB_DSN", "X"],
        ),
        ('KEY = "PG_DSN"\nos.environ[KEY], os.environ[OTHER]', ["PG_DSN"]),
        ('read("PG_DSN")', []),
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


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("PGHOST", "{host}"),
        ("DBUSER", "{user}"),
        ("APP_DB_PASSWD", "{password}"),
        ("DATABASE_NAME", "{database}"),
        ("DB_PORT", "{port}"),
        ("POSTGRES_DB", "{database}"),
        ("REDIS_HOST", None),
        ("DB_SERVERNAME", None),
        ("DB_ECHO", None),
        ("HOST", None),
    ],
)
def test_part_of_a_url_is_told_by_its_name(name: str, part: str | None) -> None:
    assert part_of_url(name) == part


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ('f"postgresql://{user}@{host}/{name}"', "{host}:{port}"),
        ('"postgresql://%s@%s/%s" % parts', "{host}:{port}"),
        ('"postgresql://%(user)s@%(host)s/%(name)s" % parts', "{host}:{port}"),
        ('URL.create("postgresql", host=host, database=name)', "{host}"),
        ('f"postgresql://{user}@{host}:5432/{name}"', "{host}"),
    ],
)
def test_host_has_the_port_with_it_where_nothing_else_has_and_it_may(url: str, host: str) -> None:
    parts, _ = url_parts([env(f'host, name = os.environ["DB_HOST"], os.environ["DB_NAME"]\n{url}')])
    assert parts["DB_HOST"] == host


DYNACONF = "from dynaconf import Dynaconf\nsettings = Dynaconf(envvar_prefix={})"


@pytest.mark.parametrize(
    ("made", "asked", "name"),
    [
        (DYNACONF.format("'SHOP'"), "settings.DATABASE_URL", "SHOP_DATABASE_URL"),
        (DYNACONF.format("'SHOP'"), "str(settings.db.url)", "SHOP_DB__URL"),
        (DYNACONF.format("'SHOP'"), "settings['db']['url']", "SHOP_DB__URL"),
        (DYNACONF.format("'SHOP'"), "settings.get('db.url')", "SHOP_DB__URL"),
        (DYNACONF.format("False"), "settings.DATABASE_URL", "DATABASE_URL"),
        ("from dynaconf import settings as conf", "conf.DATABASE_URL", "DYNACONF_DATABASE_URL"),
        ("settings = Settings()", "settings.DATABASE_URL", None),
        (DYNACONF.format("'SHOP'"), "settings.debug", None),
        (DYNACONF.format("'SHOP'"), "this is no Python", None),
    ],
)
def test_variable_of_a_setting_of_dynaconfs_is_its_path(made: str, asked: str, name: str | None) -> None:
    found = url_variable(env(asked), [Source("app/settings.py", made)])
    assert (found and found.value) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("context.get_x_argument(as_dictionary=True)['url']", "url"),
        ("context.get_x_argument(as_dictionary=True).get('db_url', default)", "db_url"),
        ("given = context.get_x_argument(as_dictionary=True)\nurl = given.get('dsn')", "dsn"),
        ("context.get_x_argument(as_dictionary=True)['tenant']", None),
        ("os.environ.get('url')", None),
        ("given = context.get_x_argument(as_dictionary=True)\nother.get('url')", None),
        ("this is no Python", None),
    ],
)
def test_argument_of_the_command_line_is_found(text: str, name: str | None) -> None:
    found = x_argument(env(text))
    assert (found and found.value) == name


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
        ("create_engine(config.get_main_option('sqlalchemy.url'))", True),
        ("url = config.get_main_option('sqlalchemy.url')\ncreate_engine(url)", True),
        ("url = settings.url\ncreate_engine(url)", False),
        ("configure(url=config.get_main_option('sqlalchemy.url'))\ncreate_async_engine(settings.url)", False),
        ("from sqlalchemy import engine_from_config\ncreate_engine(settings.url)", False),
        ("section['sqlalchemy.url'] = get_url()\nengine_from_config(section)", False),
        ("engine_from_config({'sqlalchemy.url': get_url()})", False),
        ("engine_from_config(section, url=get_url())", False),
        ("config.set_section_option(section, 'sqlalchemy.url', url)\nengine_from_config(section)", False),
        ("config.set_main_option('script_location', x)\nasync_engine_from_config(section)", True),
        ("this is no Python", False),
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
