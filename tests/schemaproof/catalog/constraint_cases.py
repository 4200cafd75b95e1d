"""Cases for constraints and indexes; see ``cases``."""

from tests.schemaproof.catalog.cases import Case

_T = "CREATE TABLE t (id int PRIMARY KEY, a text, b int)"
_PART = "CREATE TABLE p (id int, a text) PARTITION BY RANGE (id)"
_FK = "CREATE TABLE r (id int PRIMARY KEY, k int UNIQUE); CREATE TABLE t (x int CONSTRAINT fk REFERENCES r {})"
_RE_FK = "ALTER TABLE t DROP CONSTRAINT fk; ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (x) REFERENCES r {}"

CONSTRAINTS = [
    Case(_T, "ALTER TABLE t ADD CONSTRAINT k CHECK (b > 0)", ["constraint public.t.k: is extra"]),
    Case(
        _T,
        "ALTER TABLE t DROP CONSTRAINT t_pkey; ALTER TABLE t ALTER id SET NOT NULL",
        ["constraint public.t.t_pkey: is missing"],
    ),
    Case(
        "CREATE TABLE t (b int CONSTRAINT k CHECK (b > 0))",
        "ALTER TABLE t DROP CONSTRAINT k; ALTER TABLE t ADD CONSTRAINT k CHECK (b > 1)",
        ["constraint public.t.k: definition was CHECK ((b > 0)), is CHECK ((b > 1))"],
    ),
    Case(
        "CREATE TABLE t (a int, b int, CONSTRAINT k UNIQUE (a, b))",
        "ALTER TABLE t DROP CONSTRAINT k; ALTER TABLE t ADD CONSTRAINT k UNIQUE (b, a)",
        ["constraint public.t.k: columns was (a, b), is (b, a)"],
    ),
    Case(
        "CREATE TABLE t (a int NOT NULL, CONSTRAINT k UNIQUE (a))",
        "ALTER TABLE t DROP CONSTRAINT k; ALTER TABLE t ADD CONSTRAINT k PRIMARY KEY (a)",
        ["constraint public.t.k: type was UNIQUE, is PRIMARY KEY"],
    ),
    Case(
        "CREATE TABLE t (a int, b int, CONSTRAINT k UNIQUE (a))",
        "ALTER TABLE t DROP CONSTRAINT k; ALTER TABLE t ADD CONSTRAINT k UNIQUE (a) INCLUDE (b)",
        ["constraint public.t.k: include was none, is (b)"],
    ),
    Case(
        "CREATE TABLE t (a int CONSTRAINT k UNIQUE)",
        "ALTER TABLE t DROP CONSTRAINT k; ALTER TABLE t ADD CONSTRAINT k UNIQUE NULLS NOT DISTINCT (a)",
        ["constraint public.t.k: nulls not distinct was no, is yes"],
        since=15,
    ),
    Case(
        "CREATE TABLE t (a int4range, CONSTRAINT k EXCLUDE USING gist (a WITH &&))",
        "ALTER TABLE t DROP CONSTRAINT k; ALTER TABLE t ADD CONSTRAINT k EXCLUDE USING gist (a WITH =) DEFERRABLE",
        [
            "constraint public.t.k: deferrable was no, is yes",
            "constraint public.t.k: definition was EXCLUDE USING gist (a WITH &&), is EXCLUDE USING gist (a WITH =)",
        ],
    ),
    Case(
        _FK.format("").replace("x int", "y int, x int"),
        "ALTER TABLE t DROP CONSTRAINT fk; ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (y) REFERENCES r",
        ["constraint public.t.fk: columns was (x), is (y)"],
    ),
    Case(
        _FK.format("") + "; CREATE TABLE s (id int PRIMARY KEY)",
        "ALTER TABLE t DROP CONSTRAINT fk; ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (x) REFERENCES s",
        ["constraint public.t.fk: references was public.r, is public.s"],
    ),
    Case(_FK.format(""), _RE_FK.format("(k)"), ["constraint public.t.fk: referenced columns was (id), is (k)"]),
    Case(_FK.format(""), _RE_FK.format("MATCH FULL"), ["constraint public.t.fk: match was SIMPLE, is FULL"]),
    Case(
        _FK.format("ON UPDATE CASCADE"),
        _RE_FK.format(""),
        ["constraint public.t.fk: on update was CASCADE, is NO ACTION"],
    ),
    Case(
        _FK.format("ON DELETE SET NULL"),
        _RE_FK.format("ON DELETE RESTRICT"),
        ["constraint public.t.fk: on delete was SET NULL, is RESTRICT"],
    ),
    Case(
        _FK.format("ON DELETE SET NULL"),
        _RE_FK.format("ON DELETE SET NULL (x)"),
        ["constraint public.t.fk: on delete columns was none, is (x)"],
        since=15,
    ),
    Case(
        "CREATE TABLE t (a int4range CONSTRAINT k UNIQUE)",
        "UPDATE pg_constraint SET conperiod = true WHERE conname = 'k'",
        ["constraint public.t.k: period was no, is yes"],
        since=18,
    ),
    Case(_FK.format(""), _RE_FK.format("NOT VALID"), ["constraint public.t.fk: validated was yes, is no"]),
    Case(
        _FK.format(""),
        "ALTER TABLE t ALTER CONSTRAINT fk NOT ENFORCED",
        ["constraint public.t.fk: enforced was yes, is no", "constraint public.t.fk: validated was yes, is no"],
        since=18,
    ),
    Case(
        _FK.format("DEFERRABLE"),
        "ALTER TABLE t ALTER CONSTRAINT fk DEFERRABLE INITIALLY DEFERRED",
        ["constraint public.t.fk: initially deferred was no, is yes"],
    ),
    Case(
        "CREATE TABLE t (b int CONSTRAINT k CHECK (b > 0))",
        "ALTER TABLE t DROP CONSTRAINT k; ALTER TABLE t ADD CONSTRAINT k CHECK (b > 0) NO INHERIT",
        ["constraint public.t.k: no inherit was no, is yes"],
    ),
    Case(
        "CREATE TABLE p (b int CONSTRAINT k CHECK (b > 0)); CREATE TABLE c (CONSTRAINT k CHECK (b > 0)) INHERITS (p)",
        "ALTER TABLE c NO INHERIT p",
        [
            "table public.c: inherits was (public.p), is none",
            "column public.c.b: inherited was yes, is no",
            "column public.c.b: local was no, is yes",
            "constraint public.c.k: inherited was yes, is no",
        ],
    ),
    Case(
        "CREATE TABLE p (b int CONSTRAINT k CHECK (b > 0)); CREATE TABLE c () INHERITS (p)",
        "DROP TABLE c; CREATE TABLE c (CONSTRAINT k CHECK (b > 0)) INHERITS (p)",
        ["constraint public.c.k: local was no, is yes"],
    ),
    Case(
        "CREATE TABLE t (a int CONSTRAINT k UNIQUE)",
        "ALTER INDEX k SET (fillfactor = 50)",
        ["constraint public.t.k: storage parameters was none, is (fillfactor=50)"],
    ),
    Case(
        "CREATE TABLE t (a int CONSTRAINT k UNIQUE)",
        "UPDATE pg_class SET reltablespace = 1664 WHERE relname = 'k'",
        ["constraint public.t.k: tablespace was none, is pg_global"],
    ),
    Case(
        "CREATE TABLE t (a int CONSTRAINT k UNIQUE)",
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'k'::regclass",
        ["constraint public.t.k: index valid was yes, is no"],
    ),
    Case(
        "CREATE TABLE t (a int NOT NULL CONSTRAINT k UNIQUE)",
        "ALTER TABLE t REPLICA IDENTITY USING INDEX k",
        [
            "table public.t: replica identity was default, is index",
            "constraint public.t.k: replica identity was no, is yes",
        ],
    ),
    Case(
        "CREATE TABLE t (a int CONSTRAINT k UNIQUE)",
        "ALTER TABLE t CLUSTER ON k",
        ["constraint public.t.k: clustered was no, is yes"],
    ),
    Case(
        "CREATE TABLE t (a int CONSTRAINT k UNIQUE)",
        "COMMENT ON INDEX k IS 'c'",
        ["constraint public.t.k: index comment was none, is c"],
    ),
    Case(
        "CREATE TABLE t (a int CONSTRAINT k UNIQUE)",
        "COMMENT ON CONSTRAINT k ON t IS 'c'",
        ["constraint public.t.k: comment was none, is c"],
    ),
    Case(
        "CREATE TABLE t (a int CONSTRAINT k NOT NULL)",
        "ALTER TABLE t RENAME CONSTRAINT k TO k2",
        ["constraint public.t.k: is missing", "constraint public.t.k2: is extra"],
        since=18,
    ),
]

_IX = "CREATE TABLE t (a text, b int, c int); CREATE INDEX ix ON t {}"
_RE_IX = "DROP INDEX ix; CREATE INDEX ix ON t {}"

INDEXES = [
    Case(_IX.format("(a)"), "DROP INDEX ix", ["index public.ix: is missing"]),
    Case(_IX.format("(b)"), _RE_IX.format("USING hash (b)"), ["index public.ix: method was btree, is hash"]),
    Case(_IX.format("(a, b)"), _RE_IX.format("(b, a)"), ["index public.ix: columns was (a, b), is (b, a)"]),
    Case(_IX.format("(b)"), _RE_IX.format("(b DESC)"), ["index public.ix: columns was (b), is (b DESC)"]),
    Case(
        _IX.format("(b)"),
        _RE_IX.format("(b NULLS FIRST)"),
        ["index public.ix: columns was (b), is (b NULLS FIRST)"],
    ),
    Case(
        _IX.format("(b DESC)"),
        _RE_IX.format("(b DESC NULLS LAST)"),
        ["index public.ix: columns was (b DESC), is (b DESC NULLS LAST)"],
    ),
    Case(
        _IX.format("(a)"),
        _RE_IX.format("(a text_pattern_ops)"),
        ["index public.ix: columns was (a), is (a text_pattern_ops)"],
    ),
    Case(_IX.format("(a)"), _RE_IX.format('(a COLLATE "C")'), ['index public.ix: columns was (a), is (a COLLATE "C")']),
    Case(
        _IX.format("(lower(a))"),
        _RE_IX.format('(lower(a) COLLATE "C")'),
        ['index public.ix: columns was (lower(a)), is (lower(a) COLLATE "C")'],
    ),
    Case(
        _IX.format("USING gist (to_tsvector('simple', a))"),
        _RE_IX.format("USING gist (to_tsvector('simple', a) tsvector_ops (siglen = 100))"),
        [
            "index public.ix: columns was (to_tsvector('simple'::regconfig, a)),"
            " is (to_tsvector('simple'::regconfig, a) tsvector_ops (siglen=100))"
        ],
    ),
    Case(_IX.format("(b)"), _RE_IX.format("(b) INCLUDE (c)"), ["index public.ix: include was none, is (c)"]),
    Case(_IX.format("(b) WHERE b > 0"), _RE_IX.format("(b)"), ["index public.ix: predicate was (b > 0), is none"]),
    Case(
        _IX.format("(b)"), "DROP INDEX ix; CREATE UNIQUE INDEX ix ON t (b)", ["index public.ix: unique was no, is yes"]
    ),
    Case(
        "CREATE TABLE t (b int); CREATE UNIQUE INDEX ix ON t (b)",
        "DROP INDEX ix; CREATE UNIQUE INDEX ix ON t (b) NULLS NOT DISTINCT",
        ["index public.ix: nulls not distinct was no, is yes"],
        since=15,
    ),
    Case(
        _IX.format("(b)"),
        "ALTER INDEX ix SET (fillfactor = 50)",
        ["index public.ix: storage parameters was none, is (fillfactor=50)"],
    ),
    Case(
        _IX.format("(b)"),
        "UPDATE pg_class SET reltablespace = 1664 WHERE relname = 'ix'",
        ["index public.ix: tablespace was none, is pg_global"],
    ),
    Case(
        _IX.format("(b)"),
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix'::regclass",
        ["index public.ix: valid was yes, is no"],
    ),
    Case(
        _IX.format("(b)"),
        "UPDATE pg_index SET indisready = false WHERE indexrelid = 'ix'::regclass",
        ["index public.ix: ready was yes, is no"],
    ),
    Case(
        "CREATE TABLE t (a int NOT NULL); CREATE UNIQUE INDEX ix ON t (a)",
        "ALTER TABLE t REPLICA IDENTITY USING INDEX ix",
        ["table public.t: replica identity was default, is index", "index public.ix: replica identity was no, is yes"],
    ),
    Case(_IX.format("(b)"), "ALTER TABLE t CLUSTER ON ix", ["index public.ix: clustered was no, is yes"]),
    Case(
        _IX.format("((b + c))"),
        "ALTER INDEX ix ALTER 1 SET STATISTICS 7",
        ["index public.ix: statistics targets was none, is (1 7)"],
    ),
    Case(
        f"{_PART}; CREATE TABLE q PARTITION OF p DEFAULT; CREATE INDEX ix ON ONLY p (a); CREATE INDEX iq ON q (a)",
        "ALTER INDEX ix ATTACH PARTITION iq",
        ["index public.iq: partition of was none, is public.ix", "index public.ix: valid was no, is yes"],
    ),
    Case(_IX.format("(b)"), "COMMENT ON INDEX ix IS 'c'", ["index public.ix: comment was none, is c"]),
    Case(
        "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a",
        "CREATE INDEX ix ON m (a)",
        ["index public.ix: is extra"],
    ),
]
