"""The lines that build an index of a partitioned table while it is in use.

CONCURRENTLY is not for partitioned tables: an index that is not valid is made of the whole, and becomes valid when
each partition's own index is attached (manual, 5.12.2.2, "Partition Maintenance").
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from schemaproof.catalog.names import free, unquoted
from schemaproof.migration.lines.operations import BLOCK, execute
from schemaproof.migration.lines.quoting import quoted, text

type Name = tuple[str, str]

_LEFT = "  # left by an attempt that failed"
_KEY = re.compile(r'"(?:[^"]|"")+"|[^\W\d][\w$]*')
_LABELS = {"UNIQUE": "key", "PRIMARY KEY": "pkey"}


@dataclass
class Partitions:
    """A partitioned table.

    Attributes:
        table: schema and name.
        below: the partitions of each partitioned table.
        taken: schema and name of each index that there is.
    """

    table: Name
    below: Mapping[Name, Sequence[Name]]
    taken: Collection[Name] = field(default=())

    @property
    def leaves(self) -> list[Name]:
        """Those that hold rows."""
        return [one for one, _ in self._tree() if one not in self.below]

    def index(self, name: str, what: str, *, unique: bool = False) -> list[str]:
        """The lines for the index ``name`` on ``what``, which stands after ON and the table.

        Args:
            name: its name.
            what: method, columns and condition.
            unique: whether it is unique.
        """
        kind = "UNIQUE INDEX" if unique else "INDEX"
        lines = [
            f"{execute(f'DROP INDEX IF EXISTS {_sql(self.table[0], name)}')}{_LEFT}",
            execute(f"CREATE {kind} {quoted(name)} ON ONLY {_sql(*self.table)} {what}"),
        ]
        names = self._names(name, _named_by(what), "idx")
        for part, whole in self._nested():
            lines.append(execute(f"CREATE {kind} {quoted(names[part])} ON ONLY {_sql(*part)} {what}"))
            lines.append(execute(_attached(whole, part, names)))
        return [
            *lines,
            *self._each(
                names,
                "DROP INDEX CONCURRENTLY IF EXISTS {place}{index}",
                f"CREATE {kind} CONCURRENTLY {{index}} ON {{place}}{{partition}} {_braces(what)}",
            ),
        ]

    def constraint(self, name: str, form: str, columns: Sequence[str]) -> list[str]:
        """The lines for the constraint ``name`` on ``columns``; ``form`` is "UNIQUE" or "PRIMARY KEY"."""
        listed = ", ".join(map(quoted, columns))
        names = self._names(name, [] if form == "PRIMARY KEY" else columns, _LABELS[form])
        lines = [
            f"{execute(f'ALTER TABLE {_sql(*self.table)} DROP CONSTRAINT IF EXISTS {quoted(name)}')}{_LEFT}",
            execute(f"ALTER TABLE ONLY {_sql(*self.table)} ADD CONSTRAINT {quoted(name)} {form} ({listed})"),
        ]
        for part, whole in self._nested():
            lines.append(
                execute(f"ALTER TABLE ONLY {_sql(*part)} ADD CONSTRAINT {quoted(names[part])} {form} ({listed})")
            )
            lines.append(execute(_attached(whole, part, names)))
        return [
            *lines,
            *self._each(
                names,
                "ALTER TABLE {place}{partition} DROP CONSTRAINT IF EXISTS {index}",
                "DROP INDEX CONCURRENTLY IF EXISTS {place}{index}",
                f"CREATE UNIQUE INDEX CONCURRENTLY {{index}} ON {{place}}{{partition}} ({_braces(listed)})",
                f"ALTER TABLE {{place}}{{partition}} ADD CONSTRAINT {{index}} {form} USING INDEX {{index}}",
            ),
        ]

    def each(self, *statements: str) -> list[str]:
        """The lines that execute ``statements`` for each partition that holds rows, as {partition}."""
        listed = ", ".join(text(_sql(*one)) for one in self.leaves)
        return [f"for partition in [{listed}]:", *(f"    op.execute(f{text(one)})" for one in statements)]

    def _each(self, names: Mapping[Name, str], *statements: str) -> Iterator[str]:
        """The block of what is done for each partition that holds rows, whose index is attached in the end."""
        groups: dict[tuple[str, Name], list[Name]] = {}
        for part, whole in self._tree():
            if part not in self.below:
                groups.setdefault((part[0], whole), []).append(part)
        yield BLOCK
        for (schema, whole), parts in groups.items():
            place = "" if schema == "public" else f"{_braces(quoted(schema))}."
            pairs = ", ".join(f"({text(quoted(one[1]))}, {text(quoted(names[one]))})" for one in parts)
            attach = f"ALTER INDEX {_braces(_sql(whole[0], names[whole]))} ATTACH PARTITION {{place}}{{index}}"
            yield f"    for partition, index in [{pairs}]:"
            for one in (*statements, attach):
                yield f"        op.execute(f{text(one.replace('{place}', place))})"

    def _tree(self) -> Iterator[tuple[Name, Name]]:
        """Each partition with what it is a partition of, from above."""
        waiting = [self.table]
        while waiting:
            whole = waiting.pop(0)
            for part in self.below.get(whole, ()):
                yield part, whole
                waiting += [part] if part in self.below else []

    def _nested(self) -> list[tuple[Name, Name]]:
        """Those among them that have partitions themselves."""
        return [(part, whole) for part, whole in self._tree() if part in self.below]

    def _names(self, name: str, columns: Sequence[str], label: str) -> dict[Name, str]:
        """The name of the index of each table: as PostgreSQL would choose it."""
        found = {self.table: name}
        taken = {*self.taken, (self.table[0], name)}
        for part, _ in self._tree():
            found[part] = free(part[1], label, {one for schema, one in taken if schema == part[0]}, columns)
            taken.add((part[0], found[part]))
        return found


def _attached(whole: Name, part: Name, names: Mapping[Name, str]) -> str:
    return f"ALTER INDEX {_sql(whole[0], names[whole])} ATTACH PARTITION {_sql(part[0], names[part])}"


def _sql(schema: str, name: str) -> str:
    """The name in SQL, without the schema that is everybody's."""
    return quoted(name) if schema == "public" else quoted(schema, name)


def _braces(words: str) -> str:
    """``words`` in an f-string."""
    return words.replace("{", "{{").replace("}", "}}")


def _named_by(what: str) -> list[str]:
    """What PostgreSQL names an index by, from "USING btree (a, lower(b))": columns, and functions of expressions."""
    depth, parts = 0, [""]
    for sign in what[what.index("(") + 1 :]:
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if depth < 0:
            break
        if sign == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    names = (_KEY.match(part.strip()) for part in parts)
    return [unquoted(found[0])[-1] if found else "expr" for found in names]
