"""A check as data: the list of checks, the command line's options and the documentation are made from it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from schemaproof.addresses import without_addresses
from schemaproof.figure import Grid, Link, drawn
from schemaproof.finding import Cause, Finding, Place, Severity
from schemaproof.manual import page


@dataclass(frozen=True)
class Check:
    """One check.

    Attributes:
        id: in kebab-case; what ``--select``, ``--ignore`` and allowances name.
        area: what it is about: "history", "upgrade", "downgrade", "parity", "data", "delete", "failure", "locks",
            "releases", "offline", "configuration"; ``--select`` and ``--ignore`` take it for all of its checks.
        title: what is true if it is green, one sentence.
        reason: what happens in production if it is red.
        remedy: what to do about it.
        scope: "revision" for one that runs on each revision, "history" for one that runs once.
        examine: returns its findings. Called with the history, and for the scope "revision" with a revision's id.
        begin: called with the history before any check runs: starts work that is slow and can run beside the others.
        meanwhile: called with the history while other processes climb its revisions, for the scope "history": does what
            ``examine`` will need and what need not wait for them. Its errors are not told: ``examine`` meets them too.
        keywords: more words by which pytest's ``-k`` finds it.
        needs_head: for the scope "history": whether it can run only if every revision can be applied.
    """

    id: str
    area: str
    title: str
    reason: str
    remedy: str
    scope: Literal["history", "revision"]
    examine: Callable[..., Iterable[Finding]]
    begin: Callable[..., object] = lambda _: None
    meanwhile: Callable[..., object] | None = None
    keywords: tuple[str, ...] = ()
    needs_head: bool = True

    @property
    def page(self) -> str:
        """Its page of the documentation: a URL, or a path in schemaproof's repository."""
        return page(self.id)

    def finding(  # noqa: PLR0913 (a finding is all of these)
        self,
        message: str,
        *,
        kind: str = "",
        severity: Severity = Severity.ERROR,
        revision: str | None = None,
        object: object = None,  # noqa: A002 (the vocabulary's word)
        evidence: str | Iterable[str | Grid] = "",
        consequence: str | None = None,
        remedy: str | None = None,
        causes: Iterable[Cause] = (),
        where: Place | None = None,
        grids: Iterable[Grid] = (),
        links: Iterable[Link] = (),
    ) -> Finding:
        """A finding of this check, with the check's reason and remedy unless others are given.

        ``evidence`` may be lines with tables among them; ``grids`` are more tables, which the text has not. ``causes``
        are the findings by which other checks, if they run, report the same defect. ``where`` is needed only where
        neither the revision nor the object says it. ``kind`` tells it from others of this check on its object, in
        words that stay, since the fingerprint is made of them.
        """
        told, tables = drawn(evidence)
        return Finding(
            check=self.id,
            area=self.area,
            severity=severity,
            revision=revision,
            object=None if object is None else str(object),
            message=without_addresses(message),
            consequence=self.reason if consequence is None else consequence,
            evidence=without_addresses(told),
            remedy=self.remedy if remedy is None else remedy,
            causes=tuple(causes),
            where=where,
            kind=kind,
            grids=(*tables, *grids),
            links=tuple(links),
        )
