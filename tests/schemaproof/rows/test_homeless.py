"""Hypothesis by itself: what is drawn is drawn whatever modules are loaded, and nothing is left of that."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import Phase, configuration, given, settings
from hypothesis import strategies as st

from schemaproof.rows.homeless import homeless

type Draw = Callable[[], list[int]]


@pytest.fixture
def draw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Draw:
    """Draws numbers; of the modules that are loaded one is new, which has one of them as a constant."""
    constants = pytest.importorskip("hypothesis.internal.constants_ast", reason="this release draws no constants")
    from hypothesis.internal.conjecture import providers  # noqa: PLC0415 (not each release has it)

    monkeypatch.setattr(providers, "_seen_modules", {id(module) for module in sys.modules.values()})
    monkeypatch.setattr(providers, "_local_constants", constants.Constants())
    monkeypatch.setattr(providers, "_sys_modules_len", None)
    monkeypatch.setattr(providers, "CONSTANTS_CACHE", type(providers.CONSTANTS_CACHE)(1024))
    module = ModuleType("models")
    module.__file__ = str(tmp_path / "models.py")
    Path(module.__file__).write_text("LIMIT = 1_234_567\n")
    monkeypatch.setitem(sys.modules, "models", module)
    found: list[int] = []

    @settings(max_examples=400, derandomize=True, database=None, phases=[Phase.generate])
    @given(st.integers(1_000_001, 1_999_999))
    def meet(number: int) -> None:
        found.append(number)

    def draw() -> list[int]:
        found.clear()
        meet()
        return found

    return draw


def test_constants_of_modules_are_not_drawn(draw: Draw) -> None:
    with homeless():
        assert 1_234_567 not in draw()


def test_constants_of_modules_are_drawn_afterwards(draw: Draw) -> None:
    with homeless():
        draw()
    assert 1_234_567 in draw()


def test_constants_that_were_drawn_before_are_not_drawn(draw: Draw) -> None:
    draw()
    with homeless():
        assert 1_234_567 not in draw()


def test_folder_is_the_one_of_before_afterwards() -> None:
    before = configuration.storage_directory("kept").path
    with homeless():
        assert configuration.storage_directory("kept").path != before
    assert configuration.storage_directory("kept").path == before
