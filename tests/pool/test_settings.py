"""Settings that cannot work are refused when they are made, and no text shows the password."""

import dataclasses
from typing import Any

import pytest

from schema.database import Database
from schema.settings import Settings
from schema.url import database_url

URL = database_url("postgresql://someone:hidden@db.example:5433/somewhere")


@pytest.mark.parametrize(
    ("setting", "value"),
    [("min_size", 5), ("max_size", 20), ("acquire_timeout", 30), ("connect_timeout", 5), ("retry_delay", 1)],
)
def test_default_setting_is_the_specs(setting: str, value: float) -> None:
    assert getattr(Settings(URL), setting) == value


@pytest.mark.parametrize(
    ("min_size", "max_size"), [(0, 20), (-1, 20), (21, 20), (0, 0)], ids=["no minimum", "negative", "crossed", "none"]
)
def test_pool_sizes_that_cannot_work_are_refused(min_size: int, max_size: int) -> None:
    with pytest.raises(ValueError, match=f"min_size={min_size}, max_size={max_size}"):
        Settings(URL, min_size=min_size, max_size=max_size)


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
@pytest.mark.parametrize(
    "setting", ["acquire_timeout", "connect_timeout", "statement_timeout", "idle_in_transaction_timeout"]
)
def test_timeout_that_cannot_work_is_refused(setting: str, seconds: float) -> None:
    values: dict[str, Any] = {setting: seconds}

    with pytest.raises(ValueError, match=f"{setting} must be more than 0 seconds: got {seconds}"):
        Settings(URL, **values)


@pytest.mark.parametrize("setting", ["retry_delay", "stop_timeout", "idle_for_long"])
def test_delay_may_be_nothing_but_not_less(setting: str) -> None:
    nothing: dict[str, Any] = {setting: 0}
    less: dict[str, Any] = {setting: -1}

    assert getattr(Settings(URL, **nothing), setting) == 0
    with pytest.raises(ValueError, match=f"{setting} must be 0 or more seconds: got -1"):
        Settings(URL, **less)


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("instances", 0, "instances must be 1 or more"),
        ("application_name", "", "application_name must not be empty"),
        ("prepared_statements", "none", "must be one of named, off: got 'none'"),
    ],
)
def test_other_setting_that_cannot_work_is_refused(setting: str, value: object, said: str) -> None:
    values: dict[str, Any] = {setting: value}

    with pytest.raises(ValueError, match=said):
        Settings(URL, **values)


def test_settings_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings(URL).max_size = 30  # type: ignore[misc]


@pytest.mark.parametrize(
    "url", [URL, "postgresql://someone@db.example:5433/somewhere?password=hidden"], ids=["field", "query"]
)
def test_database_shows_its_address_and_not_its_password(url: str) -> None:
    for shown in (repr(Database(url)), repr(Database(url).settings)):
        assert "db.example:5433/somewhere" in shown
        assert "hidden" not in shown


def test_settings_come_from_the_environment() -> None:
    environment = {
        "DATABASE_URL": "postgres://someone:hidden@db.example/somewhere",
        "DATABASE_MAX_SIZE": "7",
        "DATABASE_ACQUIRE_TIMEOUT": "2.5",
        "DATABASE_STATEMENT_TIMEOUT": "none",
        "DATABASE_APPLICATION_NAME": "worker",
        "DATABASE_PREPARED_STATEMENTS": "off",
    }

    assert Settings.from_environment(environment) == Settings(
        database_url("postgres://someone:hidden@db.example/somewhere"),
        max_size=7,
        acquire_timeout=2.5,
        statement_timeout=None,
        application_name="worker",
        prepared_statements="off",
    )


@pytest.mark.parametrize(("variable", "value"), [("MAX_SIZE", "many"), ("MAX_SIZE", "none"), ("CONNECT_TIMEOUT", "5s")])
def test_setting_in_the_environment_that_is_no_number_is_refused(variable: str, value: str) -> None:
    environment = {"DATABASE_URL": "postgres://db.example/somewhere", f"DATABASE_{variable}": value}

    with pytest.raises(ValueError, match=f"DATABASE_{variable} must be a number: got '{value}'"):
        Settings.from_environment(environment)


def test_environment_without_a_url_is_refused() -> None:
    with pytest.raises(ValueError, match="set DATABASE_URL"):
        Settings.from_environment({})


@pytest.mark.parametrize("setting", ["connect_timeout", "acquire_timeout", "retry_delay", "stop_timeout"])
def test_limit_that_is_none_in_the_environment_is_refused(setting: str) -> None:
    environment = {"DATABASE_URL": "postgres://db.example/somewhere", f"DATABASE_{setting.upper()}": "none"}

    with pytest.raises(ValueError, match=setting.upper()):
        Settings.from_environment(environment)
