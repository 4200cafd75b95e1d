"""What to type when the subject's code imports a module that Python does not find."""

from pathlib import Path


def module_remedy(error: BaseException | None, project: Path) -> str | None:
    """The remedy for a module that is missing; None for any other error.

    Args:
        error: what the import raised.
        project: the project's folder: its own modules need a place on the module path, others an installation.
    """
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return None
    missing, top = f"No module named {error.name!r}", error.name.partition(".")[0]
    above, dot, name = error.name.rpartition(".")
    if dot:  # Python has found what is above it, so the module path is no help
        return (
            f"{missing}: Python has found {above}, which has no {name}. Correct the import, or add the file; if another"
            f" {top} was found than yours, `python -c 'import {top}; print({top}.__path__)'` shows where."
        )
    for folder in (".", "src"):
        if (project / folder / top).is_dir() or (project / folder / f"{top}.py").exists():
            return (
                f"{missing}: install your project here (`pip install -e .`), or set `prepend_sys_path = {folder}` in"
                " alembic.ini."
            )
    return f"{missing}: install it in the environment that runs schemaproof, as your deployment does."
