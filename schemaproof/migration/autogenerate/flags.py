"""Which comparisons env.py switches on for autogenerate, and which one would show a difference."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from schemaproof.catalog import Difference

# Alembic's comparison of CHECK constraints by name (1.19 and later); env.py must name it for it to run.
CHECKS_BY_NAME = "alembic.ext.checkconstraint_byname"
STANDARD = ["alembic.autogenerate.*"]  # Alembic's own value where env.py gives none

# PostgreSQL's names for CHECK constraints without one, which Alembic does not compare.
_CHOSEN = re.compile(r"_check\d*$")


@dataclass(frozen=True)
class Flags:
    """What ``context.configure`` in env.py asks autogenerate to compare.

    Attributes:
        types: ``compare_type``.
        defaults: ``compare_server_default``.
        schemas: ``include_schemas``.
        checks: the plugin that compares CHECK constraints; True where this Alembic has none.
    """

    types: bool = True
    defaults: bool = False
    schemas: bool = False
    checks: bool = True

    def would_show(self, differences: Sequence[Difference], home: str, *, check: bool) -> str:
        """The argument of ``context.configure`` with which autogenerate would see them; "" where there is none.

        Args:
            differences: of one object, which autogenerate does not see.
            home: the schema that it looks into by itself.
            check: whether the object is a CHECK constraint.
        """
        first = differences[0]
        named = check and _CHOSEN.search(first.identity.name) is None
        if named and (first.kind != "changed" or first.attribute == "name") and not self.checks:
            plugins = ", ".join(f'"{name}"' for name in [*STANDARD, CHECKS_BY_NAME])
            return f"autogenerate_plugins=[{plugins}]"
        if not self.schemas and first.identity.schema != home:
            return "include_schemas=True"
        flags = []
        if not self.defaults and any(map(_of_default, differences)):
            flags.append("compare_server_default=True")
        if not self.types and any(one.attribute == "type" for one in differences):
            flags.append("compare_type=True")
        return ", ".join(flags)


def _of_default(difference: Difference) -> bool:
    """Whether Alembic's comparison of server defaults tells it: all of an identity's options but its cache."""
    if difference.attribute == "identity options":
        before, after = (re.sub(r" CACHE \d+", "", str(value)) for value in (difference.before, difference.after))
        return before != after
    return difference.attribute in {"default", "identity"} and difference.identity.kind == "column"


def flags_of(opts: Mapping[str, Any]) -> Flags:
    """What the options of a migration context switch on."""
    return Flags(
        types=bool(opts.get("compare_type", True)),
        defaults=bool(opts.get("compare_server_default")),
        schemas=bool(opts.get("include_schemas")),
        checks=_sees_checks(opts.get("autogenerate_plugins") or ()),
    )


def _sees_checks(plugins: Sequence[str]) -> bool:
    try:
        there = find_spec(CHECKS_BY_NAME) is not None
    except ImportError:  # an Alembic without alembic.ext
        there = False
    return not there or CHECKS_BY_NAME in plugins


def with_checks(opts: Mapping[str, Any]) -> list[str]:
    """The value of ``autogenerate_plugins`` that has CHECKs compared as well."""
    plugins = list(opts.get("autogenerate_plugins") or STANDARD)
    return plugins if CHECKS_BY_NAME in plugins or f"~{CHECKS_BY_NAME}" in plugins else [*plugins, CHECKS_BY_NAME]
