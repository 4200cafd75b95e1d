"""What a revision will cost, guessed from its file: nothing is known of it before it runs but the operations in it."""

import ast
from dataclasses import dataclass
from pathlib import Path

# What proves the same as another fault is left out (see proofs/failure/equivalence.py). So it is the first revisions
# that get most of them: every kind at each statement, and those at what env.py and Alembic send around a revision. So
# it is with crashes, but where something is committed before the revision's end. Counted with Alembic's own env.py.
_AT_STATEMENT, _OF_REVISION = 1, 3
_FIRST_AT_STATEMENT, _FIRST_OF_REVISION = 4, 18
_CRASHES = 4

# A fault, beside a stairway.
_OF_FAULT = 0.3


@dataclass(frozen=True)
class Cost:
    """The guess of one revision.

    Attributes:
        up: operations of its upgrade.
        down: operations of its downgrade.
        ends: how many of both end a transaction, or run outside of one.
    """

    up: int = 1
    down: int = 1
    ends: int = 0

    @property
    def faults(self) -> int:
        """Faults that will be injected, crashes apart, where there was one like it before."""
        return _AT_STATEMENT * (self.up + self.down) + _OF_REVISION

    @property
    def first_faults(self) -> int:
        """As ``faults``, where there was none."""
        return _FIRST_AT_STATEMENT * (self.up + self.down) + _FIRST_OF_REVISION

    @property
    def crashes(self) -> int:
        """Crashes of the server."""
        return _CRASHES * self.ends

    def weight(self, *, faults: bool, first: bool = False) -> float:
        """The time that it takes, in that of a revision without faults; ``first``: of the process that climbs it."""
        injected = self.first_faults if first else self.faults
        return 1 + (_OF_FAULT * (injected + self.crashes) if faults else 0.0)


def cost_of(path: Path) -> Cost:
    """The guess for the revision in the file at ``path``; of one operation each way where it can't be read."""
    try:
        body = ast.parse(path.read_bytes()).body
    except (OSError, SyntaxError, ValueError):
        return Cost()
    functions = {one.name: one for one in body if isinstance(one, ast.FunctionDef)}
    up, down = functions.get("upgrade"), functions.get("downgrade")
    return Cost(_operations(up), _operations(down), sum(_ends(one) for one in (up, down) if one is not None))


def _ends(function: ast.FunctionDef) -> int:
    names = [one.attr for one in ast.walk(function) if isinstance(one, ast.Attribute)]
    return names.count("autocommit_block") + names.count("commit")


def _operations(function: ast.FunctionDef | None) -> int:
    """How many calls of a method of something are statements in it: `op.create_table(...)`, `batch.add_column(...)`."""
    if function is None:
        return 0
    return sum(
        isinstance(one, ast.Expr) and isinstance(one.value, ast.Call) and isinstance(one.value.func, ast.Attribute)
        for one in ast.walk(function)
    )
