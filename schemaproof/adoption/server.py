"""Which server has what a project's revisions need."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from schemaproof.postgres import PostgresError, binaries

_CREATE = re.compile(r"\bCREATE\s+EXTENSION\s+(?:IF\s+NOT\s+EXISTS\s+)?[\\\"']*([\w-]+)", re.IGNORECASE)
# It is created only where the server has it: "IF EXISTS (SELECT ... FROM pg_available_extensions WHERE name = ...)".
_ASKED = r"\bpg_available_extensions\b[^;]*?\bname\s*=\s*\\?'{}\\?'"
_IMAGE = re.compile(
    r"^\s*image:\s*[\"']?((?:[\w.-]+/)*(?:postgres|postgis|pgvector|timescaledb)[\w-]*:[\w.-]+)", re.MULTILINE
)
_IMPORTS = {"pgvector": "vector", "geoalchemy2": "postgis"}  # packages whose types need an extension

# Images that bring an extension that the official one has not.
_IMAGES = {
    "postgis": "postgis/postgis:17-3.5",
    "postgis_topology": "postgis/postgis:17-3.5",
    "postgis_raster": "postgis/postgis:17-3.5",
    "vector": "pgvector/pgvector:pg17",
    "timescaledb": "timescale/timescaledb:2.17.2-pg17",
}


@dataclass(frozen=True)
class Choice:
    """A server.

    Attributes:
        settings: what has to be set in [tool.schemaproof]; empty where nothing has to be.
        why: the reason, for people.
    """

    settings: dict[str, str]
    why: str


def extensions(texts: Iterable[str]) -> list[str]:
    """The extensions that revisions with these ``texts`` create, or whose types they use, each once.

    Without those that they create only where the server has them.
    """
    found: dict[str, None] = {}
    for text in texts:
        names = [name for name in _CREATE.findall(text) if not re.search(_ASKED.format(re.escape(name)), text, re.I)]
        found |= dict.fromkeys(map(str.lower, names))
        for package, name in _IMPORTS.items():
            if re.search(rf"^\s*(?:from|import) {package}\b", text, re.MULTILINE):
                found[name] = None
    return list(found)


def choose(project: Path, needed: list[str]) -> Choice:
    """The server for the extensions that are ``needed``: the embedded one if it has them, else an image."""
    image = next(_composed(project), None)
    lacking = [name for name in needed if name not in _embedded()]
    special = list(dict.fromkeys(_IMAGES[name] for name in lacking if name in _IMAGES))
    settings = {}
    if image is not None:
        settings["postgres-image"] = image[0]
        told = f"the image of {image[1]}"
    elif special:
        settings["postgres-image"] = special[0]
        told = f"an image that has {', '.join(name for name in lacking if _IMAGES.get(name) == special[0])}"
    else:
        told = "a container if a Docker engine answers, else the embedded server"
    if lacking:
        settings["postgres"] = "container"
        told += f"; revisions create {', '.join(needed)}, and the embedded server has no {', '.join(lacking)}"
    elif needed:
        told += f"; either has the extensions that revisions create: {', '.join(needed)}"
    if image is None and len(special) > 1:
        told += f"; no image that we know has all of them: build one from {' and '.join(special)}"
    return Choice(settings, told)


def _embedded() -> set[str]:
    """The extensions of the embedded server; none where it is not installed."""
    try:
        found = binaries.find(None)
    except PostgresError:
        return set()
    return {path.stem for path in found.bindir.parent.glob("share/**/extension/*.control")}


def _composed(project: Path) -> Iterator[tuple[str, str]]:
    """The images of PostgreSQL that the project's own compose files start, with the file."""
    names = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml", "docker-compose.dev.yml")
    for path in (project / name for name in names):
        if path.is_file():
            for image in _IMAGE.findall(path.read_text(encoding="utf-8", errors="replace")):
                if not image.endswith(":latest"):
                    yield image, path.name
