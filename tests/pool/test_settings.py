"""Settings that cannot work are refused when the database is made, and no text shows the password."""

import pytest

from schema.database import Database

URL = "postgresql://someone:hidden@db.example:5433/somewhere"


@pytest.mark.parametrize(
    ("min_size", "max_size"), [(0, 20), (-1, 20), (21, 20), (0, 0)], ids=["no minimum", "negative", "crossed", "none"]
)
def test_pool_sizes_that_cannot_work_are_refused(min_size: int, max_size: int) -> None:
    with pytest.raises(ValueError, match=f"min_size={min_size}, max_size={max_size}"):
        Database(URL, min_size=min_size, max_size=max_size)


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
@pytest.mark.parametrize("setting", ["pool_timeout", "connect_timeout"])
def test_timeout_that_cannot_work_is_refused(setting: str, seconds: float) -> None:
    settings = {setting: seconds}

    with pytest.raises(ValueError, match=f"{setting} must be more than 0 seconds: got {seconds}"):
        Database(URL, **settings)  # type: ignore[arg-type] # one of several keywords


@pytest.mark.parametrize(
    "url", [URL, "postgresql://someone@db.example:5433/somewhere?password=hidden"], ids=["field", "query"]
)
def test_database_shows_its_address_and_not_its_password(url: str) -> None:
    shown = repr(Database(url))

    assert "db.example:5433/somewhere" in shown
    assert "hidden" not in shown
