"""A verification in parts, on several machines: each asks about some revisions, and some checks of the whole."""

import hashlib
import platform
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Self

from alembic.script import Script

from schemaproof.check import Check
from schemaproof.errors import ProofError
from schemaproof.project import baseline
from schemaproof.project.subject import Subject
from schemaproof.proofs.registry import BY_AREA
from schemaproof.report.outcome import Part, Scope
from schemaproof.run.costs import cost_of

# Checks of the whole history that go through the revisions one by one: every part asks them of its own.
BY_REVISION = frozenset({"crash-recovery"})

# What the others cost, beside each other; 1 for those that are not listed.
_WEIGHTS = {"upgrade-in-one-call": 30, "delete-in-orm": 20, "concurrent-deployers": 10, "delete-in-sql": 10}


_PACKAGES = ("schemaproof", "alembic", "sqlalchemy")


@dataclass(frozen=True)
class Shard:
    """Which part, of how many; counted from 1."""

    number: int
    of: int

    @classmethod
    def read(cls, text: str | None) -> Self | None:
        """What ``--shard`` says; None where it is not given.

        Raises:
            ProofError: if it is not K/N with 1 <= K <= N.
        """
        if text is None:
            return None
        found = re.fullmatch(r"(\d{1,4})/(\d{1,4})", text, re.ASCII)
        if found and 1 <= int(found[1]) <= int(found[2]):
            return cls(int(found[1]), int(found[2]))
        raise ProofError(f"--shard is {text!r}.", remedy="Give the part and the number of parts: --shard 1/4 to 4/4.")

    def checks(self, checks: Sequence[Check]) -> list[Check]:
        """Those of ``checks`` that this part asks, in their order: the heaviest are dealt out first."""
        loads = [0.0] * self.of
        mine = set()
        once = [one for one in checks if one.scope == "history" and one.id not in BY_REVISION]
        for check in sorted(once, key=lambda one: -_WEIGHTS.get(one.id, 1)):
            least = loads.index(min(loads))
            loads[least] += _WEIGHTS.get(check.id, 1)
            if least == self.number - 1:
                mine.add(check.id)
        return [one for one in checks if one not in once or one.id in mine]

    def cut(self, order: Sequence[Script], *, faults: bool) -> tuple[str, ...]:
        """The ids of this part of the revisions in ``order``, which hang together; all parts cost about the same."""
        weights = [cost_of(Path(one.path)).weight(faults=faults) for one in order]
        whole, below, mine = sum(weights), 0.0, []
        for script, weight in zip(order, weights, strict=True):
            middle = (below + weight / 2) / whole
            if int(middle * self.of) == self.number - 1:
                mine.append(script.revision)
            below += weight
        return tuple(mine)

    def scope(self, base: Scope | None, order: Sequence[Script], selected: Sequence[str], digest: str) -> Scope:
        """What this part asks of the revisions in ``order``, where ``base`` is what all parts ask (None: everything).

        ``selected``: the ids of the checks of all parts together; ``digest``: that of the project.
        """
        together = tuple(one.revision for one in order) if base is None else base.asked
        asked = [one for one in order if one.revision in set(together)]
        faults = any(check in BY_AREA["failure"] for check in selected)
        versions = {name: version(name) for name in _PACKAGES} | {"python": platform.python_version()}
        part = Part(self.number, self.of, tuple(selected), together, "" if base is None else base.why, digest, versions)
        why = f"part {self.number} of {self.of}{f' of those {base.why}' if base else ''}"
        found = Scope(self.cut(asked, faults=faults), why, () if base is None else base.remarks)
        return replace(found, part=part)


def digest_of(subject: Subject, order: Sequence[Script], environment: Path) -> str:
    """A digest of what is verified: settings, env.py, the revisions, and the project's modules that they import."""
    digest = hashlib.sha256(subject.name.encode())
    settings = [subject.project / name for name in (subject.alembic_ini, "pyproject.toml", baseline.FILE)]
    for path in [*settings, environment, *(Path(one.path) for one in order)]:
        text = path.read_bytes() if path.is_file() else b""
        digest.update(len(text).to_bytes(8) + text)
    for prepared in subject.prepare_sql:
        digest.update(prepared.sql.encode() + b"\0")
    for path in sorted(_modules(subject.project)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _modules(project: Path) -> set[Path]:
    """The files of the project's modules that were imported, the harness' own apart, which it may hold."""
    root = project.resolve()
    named = [(name, getattr(module, "__file__", None)) for name, module in list(sys.modules.items())]
    files = {Path(file).resolve() for name, file in named if file and name.partition(".")[0] != "schemaproof"}
    return {
        file
        for file in files
        if file.suffix == ".py" and file.is_relative_to(root) and "site-packages" not in file.parts and file.is_file()
    }
