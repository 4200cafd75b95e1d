"""Which faults prove the same, and the ones that are left when each is injected once.

What the code of a revision can see is injected at each of its statements: an error, and a wait wherever another session
can hold the lock. What no code can see depends only on where transactions begin and end. So the sites are cut into
*stretches*, each of which ends where something becomes final: at a COMMIT, or at a statement that the server runs in no
transaction block. Of the faults of one stretch, these prove the same:

- An error *after* a statement in a transaction block and one *instead* of it: the same call raises it, in a block that
  is aborted either way. Not so outside of one, and not where the statement may call a function: what that did to
  something that no transaction undoes (an advisory lock, another connection) would stay.
- A session that is terminated after a statement and before the next one: the client hears of it when it sends that.
- A session terminated at any of the stretch's statements: all of the stretch is undone. It is at the last one of the
  revision's code, where most has been done, and at the COMMIT, where it is not that code which hears of it.
- A process killed at any place of the stretch: likewise, and no code hears of it. It is just before the stretch's end.
- A process killed, or the server crashed, after the end of a stretch and anywhere in the next one: what is left is what
  was final then. After the last end of all it is the state after; what the server confirmed there has to outlive a
  crash, so one comes after each COMMIT.

What env.py and Alembic send before a revision is cut in the same way, and is much the same before each. A fault at one
of these statements is injected once for all the runs in which the same statements came before it: who hears of it is at
the same place of the same code. ``Proof._new`` sees to that.

And of several revisions, each of which runs in *one transaction*, from its first statement to the only COMMIT, which
comes after its code: the server undoes all of it or nothing, whatever it is. That it is one is seen, statement by
statement, in the transaction's id on the server, so a COMMIT that goes past SQLAlchemy is noticed. What happens to such
a revision after its code has returned (while Alembic writes the version, and at the COMMIT), and what no code can see,
is the same for all those around which env.py and Alembic send the same, with the same synchronous_commit. It is
injected into the first of them. A crash of the server depends on less: no code hears of it, and it ends all sessions.
So it leaves the same of all those whose COMMIT waits for the WAL. With synchronous_commit = off it depends on what is
in the transaction (the server waits before it removes a dropped table's files), and none is like another.

``everywhere`` injects all faults at all sites of all revisions (``schemaproof verify --everywhere``).
"""

import re
from collections.abc import Collection, Hashable, Iterator, Sequence
from typing import NamedTuple

from schemaproof.proofs.failure.fault import Fault, crashes_at, faults_at
from schemaproof.proofs.failure.sites import Site

type Place = tuple[Site, Fault]


class Sole(NamedTuple):
    """What tells a revision that is one transaction from another such, as far as faults can.

    Attributes:
        around: what env.py and Alembic send before and after it.
        stamped: with which words the statements begin that write the version.
        durability: ``synchronous_commit`` at the COMMIT, where the project sets it.
    """

    around: Hashable
    stamped: tuple[str, ...]
    durability: str

    @property
    def is_durable(self) -> bool:
        """Whether its COMMIT waits until the WAL is on this server's disk (manual, synchronous_commit)."""
        return self.durability != "off"


# Statements by their first word, and what a transaction undoes of none: of those that call it, nothing is left out.
_UNDONE = re.compile(
    r"\s*(?:ALTER|CREATE|DROP|COMMENT|GRANT|REVOKE|INSERT|UPDATE|DELETE|MERGE|TRUNCATE|SAVEPOINT|RELEASE)\b"
    r"(?!.*\b(?:pg_(?:try_)?advisory_\w*|dblink\w*|set_config|setval)\s*\()",
    re.IGNORECASE | re.DOTALL,
)


def faults(
    sites: Sequence[Site], wanted: Collection[Site], *, killed: bool, everywhere: bool = False, alike: bool = False
) -> Iterator[Place]:
    """The faults to inject but crashes, in the order of the sites.

    Args:
        sites: all of the run.
        wanted: those of ``sites`` at which faults are injected.
        killed: whether processes can be killed here.
        everywhere: whether all of them are injected.
        alike: whether one with the same ``sole_transaction`` was examined already.
    """
    for stretch in stretches(sites):
        last = max((site.place for site in stretch if site.own), default=None)
        for site in stretch:
            if site not in wanted or (alike and site.part == "revision" and not site.own):
                continue
            for fault in faults_at(site, killed=killed):
                final = stretch[-1] is site and not alike
                if everywhere or _is_needed(site, fault, is_final=final, is_last=site.place == last):
                    yield site, fault


def _is_needed(site: Site, fault: Fault, *, is_final: bool, is_last: bool) -> bool:
    """Whether no other fault of the stretch proves the same.

    ``is_final``: whether the site is the stretch's end; ``is_last``: whether it is the last of the revision's code.
    """
    match fault:
        case Fault.ERROR_AFTER:
            return site.outside or not _UNDONE.match(site.statement)
        case Fault.DISCONNECT:
            return is_final or is_last or site.is_cleanup
        case Fault.KILLED:
            return is_final
        case Fault.DISCONNECT_AFTER | Fault.KILLED_AFTER:
            return False
        case _:
            return True


def crashes(sites: Sequence[Site], *, everywhere: bool = False) -> Iterator[Place]:
    """The crashes to inject at ``sites``, in their order; see ``faults`` for ``everywhere``."""
    for stretch in stretches(sites):
        for site in stretch:
            for fault in crashes_at(site):
                # Just before one that is a stretch by itself is just after the last one.
                known = fault is Fault.CRASH and len(stretch) == 1 and site is not sites[0]
                if everywhere or (site is stretch[-1] and not known):
                    yield site, fault


def stretches(sites: Sequence[Site]) -> Iterator[list[Site]]:
    """``sites``, cut after each at which something becomes final."""
    stretch: list[Site] = []
    for site in sites:
        stretch.append(site)
        if site.is_end:
            yield stretch
            stretch = []
    if stretch:
        yield stretch


def sole_transaction(sites: Sequence[Site]) -> Sole | None:
    """What tells one transaction from another, where ``sites``, all of one run, are of one; None where they are not."""
    mine = [site for site in sites if site.part == "revision"]
    if not mine or mine[-1].kind != "commit" or mine[-1].own:
        return None
    if any(site.is_end for site in mine[:-1]) or any(site.renewed for site in mine):
        return None
    around = tuple((site.kind, site.statement) for site in sites if site.part == "env.py")
    stamped = tuple(site.statement.split(maxsplit=1)[0].upper() for site in mine if not site.own)
    return Sole(around, stamped, mine[-1].durability)
