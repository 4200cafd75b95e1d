"""The Hypothesis profiles of all tests, in one place: ``dev``, ``ci`` and ``deep``.

``HYPOTHESIS_PROFILE`` names one; without it, ``ci`` where ``CI`` is set and ``dev`` elsewhere. pytest's
``--hypothesis-profile`` goes before both.
"""

import os
from collections.abc import Mapping

from hypothesis import settings

# No deadline in any profile: most examples talk to a database, and how long that takes says nothing about the fact.
# print_blob: what failed on another machine can be replayed on this one.
PROFILES = {
    # Quick enough to run after every change; the failures of earlier runs are replayed first.
    "dev": {"max_examples": 50},
    # Always the same examples: a change is judged by what it changes, and a red run is red again when it is repeated.
    # New examples are looked for by dev on every run, and by deep.
    "ci": {"max_examples": 500, "derandomize": True, "database": None},
    "deep": {"max_examples": 20_000},
}


def chosen(environment: Mapping[str, str]) -> str:
    """The name of the profile that ``environment`` asks for.

    Raises:
        ValueError: if there is no profile of that name.
    """
    name = environment.get("HYPOTHESIS_PROFILE", "ci" if environment.get("CI") else "dev")
    if name not in PROFILES:
        raise ValueError(f"HYPOTHESIS_PROFILE={name!r} is not a profile: set one of {', '.join(PROFILES)}")
    return name


def load() -> None:
    """Register all profiles and load the one that the environment asks for; raises as :func:`chosen` does."""
    for name, values in PROFILES.items():
        settings.register_profile(name, deadline=None, print_blob=True, **values)  # type: ignore[arg-type]  # several keywords of several types
    settings.load_profile(chosen(os.environ))
