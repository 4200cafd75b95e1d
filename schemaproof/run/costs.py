"""What a revision will cost, guessed from its file: nothing is known of it before it runs but the operations in it."""

import ast
from dataclasses import dataclass
from pathlib import Path

# Faults at a statement, at a COMMIT; crashes likewise (see proofs/failure/fault.py). Alembic's own statement, which
# changes the version table, is one of each direction.
_AT_STATEMENT, _AT_COMMIT = 6, 5
_CRASHES_AT_COMMIT, _CRASHED_STATEMENTS = 2, 3


@dataclass(frozen=True)
class Cost:
    """The guess of one revision.

    Attributes:
        up: operations of its upgrade.
        down: operations of its downgrade.
    """

    up: int = 1
    down: int = 1

    @property
    def faults(self) -> int:
        """Faults that will be injected, crashes apart."""
        return sum(_AT_STATEMENT * (operations + 1) + _AT_COMMIT for operations in (self.up, self.down))

    @property
    def crashes(self) -> int:
        """Crashes of the server."""
        return sum(min(operations + 1, _CRASHED_STATEMENTS) + _CRASHES_AT_COMMIT for operations in (self.up, self.down))


def cost_of(path: Path) -> Cost:
    """The guess for the revision in the file at ``path``; of one operation each way where it can't be read."""
    try:
        body = ast.parse(path.read_bytes()).body
    except (OSError, SyntaxError, ValueError):
        return Cost()
    functions = {one.name: one for one in body if isinstance(one, ast.FunctionDef)}
    return Cost(_operations(functions.get("upgrade")), _operations(functions.get("downgrade")))


def _operations(function: ast.FunctionDef | None) -> int:
    """How many calls of a method of something are statements in it: `op.create_table(...)`, `batch.add_column(...)`."""
    if function is None:
        return 0
    return sum(
        isinstance(one, ast.Expr) and isinstance(one.value, ast.Call) and isinstance(one.value.func, ast.Attribute)
        for one in ast.walk(function)
    )
