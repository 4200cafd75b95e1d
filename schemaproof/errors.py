"""Errors that the user can do something about: what failed, why, what was seen, what to do."""

from schemaproof.addresses import without_addresses


class ProofError(Exception):
    """The harness could not do its work, for a reason outside it.

    Attributes:
        cause: what failed and why, one sentence.
        evidence: what was seen (a log's tail, the places tried), or "".
        remedy: what the user can do about it, one sentence.
    """

    def __init__(self, cause: str, *, remedy: str, evidence: str = "") -> None:
        cause, evidence = without_addresses(cause), without_addresses(evidence)
        super().__init__(cause, remedy, evidence)
        self.cause = cause
        self.remedy = remedy
        self.evidence = evidence

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the way to another process (from the pytest controller to an xdist worker)."""
        return _rebuild, (type(self), self.cause, self.remedy, self.evidence)

    def __str__(self) -> str:
        """Cause, evidence and remedy, in that order, a line each."""
        evidence = f"\n{self.evidence.rstrip()}" if self.evidence.strip() else ""
        return f"{self.cause}{evidence}\nRemedy: {self.remedy}"


def _rebuild(kind: type[ProofError], cause: str, remedy: str, evidence: str) -> ProofError:
    return kind(cause, remedy=remedy, evidence=evidence)
