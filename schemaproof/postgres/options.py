"""Which server is wanted: by command line, else environment, else ``[tool.schemaproof]``, else the default."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from schemaproof.postgres.errors import PostgresError
from schemaproof.project.pyproject import Sources

PROVIDERS = ("auto", "container", "embedded")

# Pinned to a major version: a tag that moves between majors would change what is proved from one day to the next.
DEFAULT_IMAGE = "postgres:17"

_URL_SCHEMES = ("postgresql://", "postgres://", "postgresql+")


@dataclass(frozen=True)
class Options:
    """Which server is wanted, validated.

    Attributes:
        provider: "auto", "container", "embedded", or the URL of a server.
        image: the container image.
        bindir: the folder with ``postgres`` and ``initdb`` for the embedded server; None for the wheel's.
        given: whether any option was given at all, in whatever way.
    """

    provider: str = "auto"
    image: str = DEFAULT_IMAGE
    bindir: Path | None = None
    given: bool = False

    @classmethod
    def read(
        cls,
        project: Path,
        *,
        provider: str | None = None,
        image: str | None = None,
        bindir: str | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> Self:
        """The options in force in ``project``; an argument that is None was not given on the command line.

        Raises:
            PostgresError: on an invalid value; the remedy says what is valid.
        """
        sources = Sources.read(project, environ, PostgresError)
        provider, provider_from = sources.first("postgres", provider)
        image, image_from = sources.first("postgres-image", image)
        bindir, bindir_from = sources.first("postgres-bindir", bindir)
        options = cls(
            provider=_valid_provider(provider, provider_from),
            image=_valid_image(image, image_from),
            bindir=_valid_bindir(bindir, bindir_from, project),
            given=sources.table is not None or {provider_from, image_from, bindir_from} != {""},
        )
        if options.bindir is not None and options.provider not in {"auto", "embedded"}:
            raise PostgresError(
                f"{bindir_from} is for the embedded server, but {provider_from} asks for"
                f" {'a container' if options.provider == 'container' else 'a server of your own'}.",
                remedy="Remove one of the two, or set postgres to embedded.",
            )
        return options

    @property
    def is_url(self) -> bool:
        """Whether the user named a server."""
        return self.provider not in PROVIDERS


def _valid_provider(value: str | None, source: str) -> str:
    if value is None:
        return "auto"
    if value in PROVIDERS or (value.startswith(_URL_SCHEMES) and _readable(value)):
        return value
    shown = re.sub(r".*@", "***@", value)  # it may be a mistyped URL with a password
    raise PostgresError(
        f"{source} is neither a provider nor a URL of PostgreSQL: {shown!r}.",
        remedy=f"Give one of {', '.join(PROVIDERS)}, or a URL such as postgresql://user:password@127.0.0.1:5432/postgres.",
    )


def _readable(value: str) -> bool:
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        make_url(value)
    except (ArgumentError, ValueError):  # ValueError: its port is no number
        return False
    return True


def _valid_image(value: str | None, source: str) -> str:
    if value is None:
        return DEFAULT_IMAGE
    if not value or value != value.strip() or " " in value:
        raise PostgresError(
            f"{source} is not the name of an image: {value!r}.",
            remedy=f"Write a name and a tag, such as {DEFAULT_IMAGE}.",
        )
    return value


def _valid_bindir(value: str | None, source: str, project: Path) -> Path | None:
    if value is None:
        return None
    bindir = (project / value).resolve()
    missing = [name for name in ("postgres", "initdb") if not os.access(bindir / name, os.X_OK)]
    if not value or missing:
        raise PostgresError(
            f"{source} is {value!r}, where there is no executable {' and no '.join(missing) or 'postgres'}.",
            remedy="Give the folder of a server's programs, such as /usr/lib/postgresql/17/bin"
            " (`pg_config --bindir` prints it).",
        )
    return bindir
