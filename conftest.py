"""What is Faceplate's in the test run: the Hypothesis profile, and the migrated template of every test's database."""

import asyncio
import gc
import signal
import sys
from pathlib import Path

import pytest

from schemaproof.postgres import Database, Server, Template

ROOT = Path(__file__).parent
# Last, and not by pytest's `pythonpath`, which goes before what is installed: the harness there is what others get.
sys.path.append(str(ROOT))

from tests import profiles  # noqa: E402 (it is found there)

# Until all is collected: thousands of tests are no garbage.
gc.disable()

# Runs pytest inside pytest, for what the plugin shows and leaves behind.
pytest_plugins = ["pytester"]

profiles.load()

# Where PYTHONDONTWRITEBYTECODE is set, every run would compile and rewrite all test modules: half of the time that
# collecting them takes. So the bytecode goes into pytest's own cache.
if sys.dont_write_bytecode:
    sys.dont_write_bytecode = False
    sys.pycache_prefix = str(ROOT / ".pytest_cache" / "bytecode")


def pytest_configure() -> None:
    """Take signals as in a terminal: in the background a shell has some ignored, and what tests start inherits that."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave what has a session of its own out of the others: ``nox -s soundness``."""
    if "soundness" not in config.option.markexpr:
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("soundness")])
        items[:] = [item for item in items if not item.get_closest_marker("soundness")]


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """What there is by now stays: collections of garbage need not look at it, nor copy it in what tests fork."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: Server) -> Template:
    """Faceplate's schema, migrated to head once per run by the application's own ``upgrade``."""
    sources = [*sorted((ROOT / "migrations").rglob("*.py")), *sorted((ROOT / "schema").glob("*.py"))]

    def migrate(database: Database) -> None:
        from schema.migrate import upgrade  # noqa: PLC0415 (needs newer releases than the harness: `nox -s oldest`)

        asyncio.run(upgrade(database.url()))

    return postgres_server.template([path.read_bytes() for path in sources], migrate)
