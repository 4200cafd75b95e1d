"""What the project itself says about its tables' rows: `rows` in [tool.schemaproof]."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from schemaproof.project.subject import SubjectError
from schemaproof.rows.filling import RowsOf, ordinary
from schemaproof.rows.statements import Row
from schemaproof.rows.tables import Table
from schemaproof.rows.types import Type

if TYPE_CHECKING:
    from schemaproof.migration.history import History
    from schemaproof.rows.projects import Drawn


def own_strategies(history: "History") -> Mapping[str, object]:
    """The project's own, imported inside of env.py's run where they need what that makes.

    Raises:
        SubjectError: where they can't be imported there either.
    """
    try:
        with history.surroundings():
            return history.subject.import_strategies()
    except SubjectError:
        return history.in_environment(lambda _: history.subject.import_strategies())


class OwnRows:
    """The same for the rows that migrations meet; made by ``history.kept``, since strategies are drawn from once.

    Raises:
        SubjectError: as ``own_strategies`` does.
    """

    def __init__(self, history: "History") -> None:
        self._drawn: Drawn | None = None
        if history.subject.rows is not None:
            from schemaproof.rows import projects  # Hypothesis takes a while to import

            self._drawn = projects.Drawn(own_strategies(history))

    def within(self, rows: RowsOf) -> RowsOf:
        """``rows`` with what the project says in them."""
        return rows if self._drawn is None else self._drawn.within(rows)


def a_few(_types: Mapping[int, Type], _table: Table) -> Sequence[Row]:
    """The rows of a table where nothing else is wanted."""
    return ordinary()
