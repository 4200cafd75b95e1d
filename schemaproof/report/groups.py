"""One line for the findings that say the same of different objects or revisions."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from schemaproof.finding import Finding
from schemaproof.report.lines import one_line
from schemaproof.report.style import COLOURS, Style, counted

# Names that one line lists.
_LISTED = 4

_NUMBER = re.compile(r"(?<![\w.])\d[\d,.]*\b")
# Names of other objects: "public.users", and the columns in "public.orders (user_id)".
_QUALIFIED = re.compile(r"(?<![\w.])[\w$\"]+(?:\.[\w$\"]+)+")
_COLUMNS = re.compile(r"\([\w$\", ]+\)")
_END = re.compile(r"[.,:;]*$")
_OTHER, _OTHERS = "...", "(...)"
_PUBLIC = "public."


def groups(findings: Iterable[Finding]) -> list[list[Finding]]:
    """``findings``, those together that say the same, in the order of the first of each group."""
    found: dict[tuple[str, str, str], list[Finding]] = {}
    for one in findings:
        found.setdefault((one.severity, one.check, _alike(one)), []).append(one)
    return list(found.values())


def lines(found: Iterable[Sequence[Finding]], style: Style, indent: str, more: str = "") -> Iterator[str]:
    """A line for each group; ``more`` ends those that don't list all."""
    for group in found:
        yield from one_line(group[0], style, indent) if len(group) == 1 else _together(group, style, indent, more)


@lru_cache(maxsize=8192)  # asked again for each draft of a report
def _alike(finding: Finding) -> str:
    """What ``finding`` says, names and numbers left out."""
    named = {finding.revision or "", *_names(finding.object or "")} - {""}
    every = "|".join(re.escape(name) for name in sorted(named, key=len, reverse=True))
    text = re.sub(rf"(?<![\w.])(?:{every})(?!\w)", _OTHER, finding.message) if named else finding.message
    return _NUMBER.sub(_OTHER, _COLUMNS.sub(_OTHERS, _QUALIFIED.sub(_OTHER, text)))


def _common(messages: Sequence[str]) -> str:
    """What ``messages`` say, word by word: what is not the same in all of them is left out."""
    texts = [one.partition("\n")[0] for one in messages]
    if len({tuple(_COLUMNS.findall(one)) for one in texts}) > 1:
        texts = [_COLUMNS.sub(_OTHERS, one) for one in texts]
    words = [one.split() for one in texts]
    if len({len(one) for one in words}) > 1:
        return ""
    return " ".join(each[0] if len(set(each)) == 1 else _other(each) for each in zip(*words, strict=True))


def _other(words: Sequence[str]) -> str:
    """In place of ``words``: the dots, and the punctuation after them where it is that of all."""
    ends = {(_END.search(word) or [""])[0] for word in words}
    return _OTHER + (ends.pop().lstrip(".") if len(ends) == 1 else "")


def _names(described: str) -> Iterator[str]:
    """How a message may name what is described as "column public.users.name"."""
    _, _, name = described.partition(" ")
    parts = name.split(".")
    yield described
    yield from (".".join(parts[first:]) for first in range(len(parts)))
    yield from parts[1:]


def _together(group: Sequence[Finding], style: Style, indent: str, more: str) -> list[str]:
    """One line for all of them: how many there are, and the names of some."""
    first = group[0]
    messages = {one.message for one in group}
    message = _common(sorted(messages)) or _alike(first).partition("\n")[0]
    count, names = _counted(group)
    listed = ", ".join(names[:_LISTED]) + (", ..." if len(names) > _LISTED else "")
    label = f"{first.severity}[{first.check}]"
    whole = message.removesuffix(".")
    said = message if message.endswith(_OTHER) and not whole.endswith(_OTHER) else whole
    told = f"{label} {said}: {count}{f': {listed}' if listed else ''}"
    more = more if len(names) > _LISTED or len(messages) > 1 else ""
    head, *others = style.wrap(f"{told}{more}", indent, indent + "    ")
    return [head.replace(label, style.paint(label, COLOURS[first.severity]), 1), *others]


def _counted(group: Sequence[Finding]) -> tuple[str, list[str]]:
    """How many there are ("3 revisions", "45 tables", "2 times"), and the names of these."""
    revisions = list(dict.fromkeys(one.revision for one in group if one.revision is not None))
    objects = list(dict.fromkeys(one.object for one in group if one.object is not None))
    if len(revisions) > 1 or (revisions and not objects):
        return counted(len(revisions), "revision"), revisions
    if not objects:
        return counted(len(group), "time"), []
    kinds = {one.partition(" ")[0] for one in objects}
    kind = kinds.pop() if len(kinds) == 1 else "object"
    plural = f"{kind[:-1]}ies" if kind.endswith("y") else f"{kind}es" if kind.endswith("x") else f"{kind}s"
    names = [one.partition(" ")[2] or one for one in objects]
    public = all(one.startswith(_PUBLIC) for one in names)
    return counted(len(objects), kind, plural), [one.removeprefix(_PUBLIC) if public else one for one in names]
