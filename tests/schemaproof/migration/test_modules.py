"""What to type where a module is missing."""

import importlib
from pathlib import Path

import pytest

from schemaproof.migration.modules import module_remedy


def remedy(name: str, project: Path) -> str:
    with pytest.raises(ModuleNotFoundError) as raised:
        importlib.import_module(name)
    found = module_remedy(raised.value, project)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("file", "setting"),
    [("modules_app/__init__.py", "."), ("src/modules_app/__init__.py", "src"), ("modules_app.py", ".")],
)
def test_project_s_own_module_needs_a_place_on_the_module_path(file: str, setting: str, tmp_path: Path) -> None:
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).touch()
    assert f"`prepend_sys_path = {setting}`" in remedy("modules_app.models", tmp_path)


def test_other_module_needs_an_installation(tmp_path: Path) -> None:
    assert "install it in the environment that runs schemaproof" in remedy("modules_nowhere", tmp_path)


def test_module_that_a_package_has_not_is_no_matter_of_the_module_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "modules_package").mkdir()
    (tmp_path / "modules_package" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    told = remedy("modules_package.models", tmp_path)
    assert told.startswith(
        "No module named 'modules_package.models': Python has found modules_package, which has no models."
    )
    assert "prepend_sys_path" not in told


def test_other_errors_have_no_such_remedy(tmp_path: Path) -> None:
    assert module_remedy(ImportError("cannot import name"), tmp_path) is None
    assert module_remedy(None, tmp_path) is None
