"""Which of the objects that a downgrade leaves are in the way of the upgrade that then fails."""

import re
from collections.abc import Sequence

from schemaproof.catalog import Difference
from schemaproof.migration.environment import sqlstate

# What PostgreSQL tells of a row that breaks a rule (manual, appendix A): it names the rule.
_INTEGRITY = "23"
_PARTS = frozenset({"column", "constraint", "index", "trigger", "rule", "policy"})
_RULES = frozenset({"constraint", "index"})
_KEY = re.compile(r"\((.*)\)=\(")  # Key (club, number)=(1, 2) already exists.


def culprits(differences: Sequence[Difference], error: BaseException | None) -> tuple[Difference, ...]:
    """Those of ``differences`` whose object ``error`` names, the plainest way that it does; none where it names none.

    A name that the server quotes counts more than a word of its message or of the statement, and that more than a
    constraint's table: "multiple primary keys for table" names no key.
    """
    said = _Said(error) if error is not None else None
    scores = [0 if said is None else said.score(one) for one in differences]
    best = max(scores, default=0)
    return tuple(one for one, score in zip(differences, scores, strict=True) if best and score == best)


class _Said:
    """The words of one error, and those of its statement."""

    def __init__(self, error: BaseException) -> None:
        orig = getattr(error, "orig", None)
        # The driver's own error, where SQLAlchemy's dialect puts one of its classes around it.
        self._message = str(getattr(orig, "__cause__", None) or orig or error)
        self._statement = str(getattr(error, "statement", None) or "")
        self._of_row = (sqlstate(error) or "").startswith(_INTEGRITY)
        # What a row breaks is told in words that columns are called by, too: "key", "value", "row".
        self._words = "\n".join(_KEY.findall(self._message)) if self._of_row else self._message

    def score(self, difference: Difference) -> int:
        kind, _, parent, full = difference.identity
        name = full.partition("(")[0]  # of a routine
        if difference.attribute == "comment" or (kind == "column" and not self._has(parent)):
            return 0
        if f'"{name}"' in self._message:
            return 3
        if _is_word(name, self._words) or (self._statement_tells(difference) and _is_word(name, self._statement)):
            return 2
        return 1 if kind in _RULES and _is_word(parent, self._words) else 0

    def _statement_tells(self, difference: Difference) -> bool:
        """Whether the object may be the cause because the statement names it: of a row, only a table that holds it."""
        on_one_side = difference.kind != "changed" and difference.identity.kind not in _PARTS
        return on_one_side or not self._of_row

    def _has(self, name: str) -> bool:
        return _is_word(name, f"{self._message}\n{self._statement}")


def _is_word(name: str, text: str) -> bool:
    return bool(name) and re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", text, re.IGNORECASE) is not None
