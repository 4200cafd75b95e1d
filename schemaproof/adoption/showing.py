"""What `schemaproof init` says of its choices."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from schemaproof.adoption.choices import Choices
from schemaproof.adoption.files import File
from schemaproof.report.characters import readable


def told(project: Path, chosen: Choices, files: Sequence[tuple[File, str]], *, written: bool) -> str:
    """All of it, as text; ``written``: whether the files were written."""
    return readable("\n".join([*_reasons(chosen), *_files(project, files, written=written)]) + "\n")


def _reasons(chosen: Choices) -> Iterator[str]:
    yield "chosen"
    width = max(len(about) for about, _ in chosen.reasons)
    for about, why in chosen.reasons:
        yield f"  {about:{width}}  {why}"
    if chosen.unknown:
        yield f"  set in [tool.schemaproof] if verify does not get along without: {', '.join(chosen.unknown)}"
    elif not chosen.settings and not chosen.environment:
        yield "  the defaults do: [tool.schemaproof] is not needed"


def _files(project: Path, files: Sequence[tuple[File, str]], *, written: bool) -> Iterator[str]:
    for file, why in files:
        yield ""
        yield f"{_state(file, written=written)} {_shown(file.path, project)} ({file.obstacle or why})"
        yield from (f"  | {line}".rstrip() for line in file.text.splitlines())
    yield ""
    if not written:
        yield "Nothing was written: `schemaproof init --write` does."
    yield "Then: schemaproof verify; on an old project first schemaproof baseline."


def _state(file: File, *, written: bool) -> str:
    if file.obstacle:
        return "add by hand to"
    if not written:
        return "would add to" if file.appended else "would write"
    return "added to" if file.appended else "written"


def _shown(path: Path, project: Path) -> str:
    return path.relative_to(project, walk_up=True).as_posix()
