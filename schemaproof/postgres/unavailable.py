"""Images that could not be had: ``auto`` asks for each at most once a day, since asking in vain takes long."""

import hashlib
import os
import time
from contextlib import suppress
from pathlib import Path

import platformdirs

_AGAIN = 24 * 3600  # seconds


def note(image: str, cause: str) -> None:
    """Remember that ``image`` could not be had, and why; where that can't be kept, it is asked for again."""
    with suppress(OSError):
        _folder().mkdir(parents=True, exist_ok=True)
        _stamp(image).write_text(cause, encoding="utf-8")


def lately(image: str, now: float | None = None) -> str:
    """Why ``image`` could not be had, if it was asked for less than a day before ``now`` (None: now); else ""."""
    stamp = _stamp(image)
    try:
        age = (time.time() if now is None else now) - stamp.stat().st_mtime
        return stamp.read_text(encoding="utf-8") if 0 <= age < _AGAIN else ""
    except (OSError, UnicodeDecodeError):
        return ""


def _folder() -> Path:
    return platformdirs.user_cache_path("schemaproof")


def _stamp(image: str) -> Path:
    """The file of ``image``, for the engine in use: another one may have it."""
    digest = hashlib.sha256(f"{image}\0{os.environ.get('DOCKER_HOST', '')}".encode()).hexdigest()
    return _folder() / f"no-image-{digest[:12]}"
