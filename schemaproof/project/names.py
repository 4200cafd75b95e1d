"""What checks are called where some are chosen: by their ids, or all of an area by its name."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from schemaproof.errors import ProofError
from schemaproof.project.pyproject import nearest


@dataclass(frozen=True)
class Names:
    """The names that are known.

    Attributes:
        checks: the ids of all checks.
        areas: by the name of an area, the ids of its checks.
    """

    checks: Collection[str]
    areas: Mapping[str, Collection[str]]

    def ids(self, names: Iterable[str], source: str) -> tuple[str, ...]:
        """The ids that ``names`` stand for, each once; ``source`` is what gives them, for the error.

        Raises:
            ProofError: on one that is neither a check nor an area.
        """
        found: dict[str, None] = {}
        for name in names:
            found |= dict.fromkeys(self._of(name, source))
        return tuple(found)

    def _of(self, name: str, source: str) -> Collection[str]:
        if name in self.checks:
            return (name,)
        if name in self.areas:
            return self.areas[name]
        raise ProofError(
            f"{source} names an unknown check: {name!r}.", remedy=nearest(name, [*self.areas, *self.checks])
        )
