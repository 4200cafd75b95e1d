"""Cases for what few databases have; see ``cases``."""

from tests.schemaproof.catalog.cases import Case

_EVENT = (
    "CREATE FUNCTION ef() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';"
    " CREATE FUNCTION ef2() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';"
    " CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION ef()"
)
_RE_EVENT = "DROP EVENT TRIGGER e; CREATE EVENT TRIGGER e ON {} EXECUTE FUNCTION {}()"
_T = "CREATE TABLE t (id int PRIMARY KEY, a text)"
# Not every server is built with ICU.
_COLLATION = "CREATE COLLATION c (locale = 'C')"
_UPDATE = "UPDATE pg_collation SET {} WHERE collname = 'c'"
_RE_COLLATION = "DROP COLLATION c; CREATE COLLATION c ({})"
_CAST = (
    "CREATE TYPE e AS ENUM ('a'); CREATE FUNCTION f(e) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';"
    " CREATE FUNCTION f2(e) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'; CREATE CAST (e AS int) WITH FUNCTION f(e)"
)
_RE_CAST = "DROP CAST (e AS int); CREATE CAST (e AS int) {}"
_CREATE_OPERATOR = "CREATE OPERATOR === (leftarg = int, rightarg = int, function = int4eq{})"
_RE_OPERATOR = f"DROP OPERATOR === (int, int); {_CREATE_OPERATOR}"
_OPERATOR = _CREATE_OPERATOR.format("")
_CLASS = "CREATE OPERATOR CLASS oc FOR TYPE int USING btree AS OPERATOR 1 <, FUNCTION 1 btint4cmp(int, int)"
_OF_DOMAIN = (
    "CREATE OPERATOR CLASS oc {} FOR TYPE dd USING btree AS OPERATOR 1 < (int, int),"
    " FUNCTION 1 (int, int) btint4cmp(int, int)"
)
_CONFIGURATION = "CREATE TEXT SEARCH CONFIGURATION c (COPY = simple)"
_DICTIONARY = "CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = simple)"
_SERVER = "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w"

RARE = [
    Case(_EVENT, "DROP EVENT TRIGGER e", ["event trigger e: is missing"]),
    Case(
        _EVENT,
        _RE_EVENT.format("ddl_command_end", "ef"),
        ["event trigger e: event was ddl_command_start, is ddl_command_end"],
    ),
    Case(
        _EVENT,
        _RE_EVENT.format("ddl_command_start WHEN tag IN ('CREATE TABLE')", "ef"),
        ["event trigger e: tags was none, is (CREATE TABLE)"],
    ),
    Case(
        _EVENT,
        _RE_EVENT.format("ddl_command_start", "ef2"),
        ["event trigger e: function was public.ef(), is public.ef2()"],
    ),
    Case(_EVENT, "ALTER EVENT TRIGGER e DISABLE", ["event trigger e: enabled was enabled, is disabled"]),
    Case(_EVENT, "COMMENT ON EVENT TRIGGER e IS 'c'", ["event trigger e: comment was none, is c"]),
    Case("", "CREATE PUBLICATION p", ["publication p: is extra"]),
    Case(
        "CREATE PUBLICATION p",
        "DROP PUBLICATION p; CREATE PUBLICATION p FOR ALL TABLES",
        ["publication p: all tables was no, is yes"],
    ),
    Case(
        "CREATE PUBLICATION p WITH (publish = 'insert, update, delete')",
        "ALTER PUBLICATION p SET (publish = 'insert')",
        ["publication p: operations was (insert, update, delete), is (insert)"],
    ),
    Case(
        "CREATE PUBLICATION p",
        "ALTER PUBLICATION p SET (publish_via_partition_root = true)",
        ["publication p: via partition root was no, is yes"],
    ),
    Case(
        "CREATE PUBLICATION p",
        "ALTER PUBLICATION p SET (publish_generated_columns = stored)",
        ["publication p: generated columns was none, is stored"],
        since=18,
    ),
    Case(
        f"{_T}; CREATE PUBLICATION p",
        "ALTER PUBLICATION p ADD TABLE t",
        ["publication p: tables was none, is (public.t)"],
    ),
    Case(
        f"{_T}; CREATE PUBLICATION p FOR TABLE t",
        "ALTER PUBLICATION p SET TABLE t (id) WHERE (id > 0)",
        ["publication p: tables was (public.t), is (public.t (id) WHERE (id > 0))"],
        since=15,
    ),
    Case(
        "CREATE PUBLICATION p",
        "ALTER PUBLICATION p ADD TABLES IN SCHEMA public",
        ["publication p: schemas was none, is (public)"],
        since=15,
    ),
    Case("CREATE PUBLICATION p", "COMMENT ON PUBLICATION p IS 'c'", ["publication p: comment was none, is c"]),
    Case(
        _COLLATION,
        _UPDATE.format("collprovider = 'i'"),
        ["collation public.c: provider was libc, is icu"],
    ),
    Case(
        _COLLATION,
        _UPDATE.format("collisdeterministic = false"),
        ["collation public.c: deterministic was yes, is no"],
    ),
    Case(
        _COLLATION,
        _UPDATE.format("colllocale = 'de'"),
        ["collation public.c: locale was none, is de"],
        since=17,
    ),
    Case(
        _COLLATION,
        _UPDATE.format("collicurules = '&a < g'"),
        ["collation public.c: rules was none, is &a < g"],
        since=16,
    ),
    Case(
        _COLLATION,
        _RE_COLLATION.format("lc_collate = 'POSIX', lc_ctype = 'C'"),
        ["collation public.c: LC_COLLATE was C, is POSIX"],
    ),
    Case(
        _COLLATION,
        _RE_COLLATION.format("lc_collate = 'C', lc_ctype = 'POSIX'"),
        ["collation public.c: LC_CTYPE was C, is POSIX"],
    ),
    Case(_COLLATION, "COMMENT ON COLLATION c IS 'c'", ["collation public.c: comment was none, is c"]),
    Case(_CAST, "DROP CAST (e AS int)", ["cast public.e AS integer: is missing"]),
    Case(
        _CAST,
        _RE_CAST.format("WITH FUNCTION f2(e)"),
        ["cast public.e AS integer: function was public.f(public.e), is public.f2(public.e)"],
    ),
    Case(
        _CAST,
        _RE_CAST.format("WITH FUNCTION f(e) AS IMPLICIT"),
        ["cast public.e AS integer: context was explicit, is implicit"],
    ),
    Case(
        _CAST,
        _RE_CAST.format("WITH INOUT"),
        [
            "cast public.e AS integer: function was public.f(public.e), is none",
            "cast public.e AS integer: method was function, is in and out",
        ],
    ),
    Case(_CAST, "COMMENT ON CAST (e AS int) IS 'c'", ["cast public.e AS integer: comment was none, is c"]),
    Case(_OPERATOR, "DROP OPERATOR === (int, int)", ["operator public.===(integer, integer): is missing"]),
    Case(
        _OPERATOR,
        "UPDATE pg_operator SET oprcode = 'int4ne'::regproc WHERE oprname = '==='",
        [
            "operator public.===(integer, integer): function was int4eq(integer,integer), is int4ne(integer,integer)",
        ],
    ),
    Case(
        _OPERATOR,
        "UPDATE pg_operator SET oprresult = 'int'::regtype WHERE oprname = '==='",
        ["operator public.===(integer, integer): returns was boolean, is integer"],
    ),
    Case(
        _OPERATOR,
        _RE_OPERATOR.format(", commutator = ==="),
        ["operator public.===(integer, integer): commutator was none, is public.===(integer,integer)"],
    ),
    Case(
        _OPERATOR,
        "UPDATE pg_operator SET oprnegate = '<>(int, int)'::regoperator WHERE oprname = '==='",
        ["operator public.===(integer, integer): negator was none, is <>(integer,integer)"],
    ),
    Case(
        _OPERATOR,
        "ALTER OPERATOR === (int, int) SET (restrict = eqsel)",
        [
            "operator public.===(integer, integer): restrict was none, is eqsel(internal,oid,internal,integer)",
        ],
    ),
    Case(
        _OPERATOR,
        "ALTER OPERATOR === (int, int) SET (join = eqjoinsel)",
        [
            "operator public.===(integer, integer): join was none,"
            " is eqjoinsel(internal,oid,internal,smallint,internal)",
        ],
    ),
    Case(
        _OPERATOR,
        _RE_OPERATOR.format(", merges"),
        ["operator public.===(integer, integer): merges was no, is yes"],
    ),
    Case(
        _OPERATOR,
        _RE_OPERATOR.format(", hashes"),
        ["operator public.===(integer, integer): hashes was no, is yes"],
    ),
    Case(
        _OPERATOR,
        "COMMENT ON OPERATOR === (int, int) IS 'c'",
        ["operator public.===(integer, integer): comment was none, is c"],
    ),
    Case(
        _CLASS,
        "ALTER OPERATOR FAMILY oc USING btree ADD OPERATOR 3 = (int, int)",
        [
            "operator class public.oc USING btree: operators was (1 <(integer,integer)),"
            " is (1 <(integer,integer), 3 =(integer,integer))"
        ],
    ),
    Case(
        _CLASS,
        "ALTER OPERATOR FAMILY oc USING btree ADD FUNCTION 2 (int, int) btint4sortsupport(internal)",
        [
            "operator class public.oc USING btree: functions was (1 btint4cmp(integer,integer)),"
            " is (1 btint4cmp(integer,integer), 2 btint4sortsupport(internal))"
        ],
    ),
    Case(
        f"CREATE DOMAIN dd AS int; {_OF_DOMAIN.format('')}",
        f"DROP OPERATOR FAMILY oc USING btree; {_OF_DOMAIN.format('DEFAULT')}",
        ["operator class public.oc USING btree: default was no, is yes"],
    ),
    Case(
        _CLASS,
        "UPDATE pg_opclass SET opcintype = 'int8'::regtype WHERE opcname = 'oc'",
        ["operator class public.oc USING btree: type was integer, is bigint"],
    ),
    Case(
        _CLASS,
        "UPDATE pg_opclass SET opckeytype = 'int8'::regtype WHERE opcname = 'oc'",
        ["operator class public.oc USING btree: storage was none, is bigint"],
    ),
    Case(
        _CLASS,
        "ALTER OPERATOR FAMILY oc USING btree RENAME TO fam",
        ["operator class public.oc USING btree: family was public.oc, is public.fam"],
    ),
    Case(
        _CLASS,
        "COMMENT ON OPERATOR CLASS oc USING btree IS 'c'",
        ["operator class public.oc USING btree: comment was none, is c"],
    ),
    Case(
        _CONFIGURATION + "; ALTER TEXT SEARCH CONFIGURATION c DROP MAPPING FOR host, sfloat, float, int, uint, version,"
        " email, url, url_path, file, hword, hword_part, hword_asciipart, hword_numpart, asciihword, numhword, numword",
        "ALTER TEXT SEARCH CONFIGURATION c DROP MAPPING FOR word",
        [
            "text search configuration public.c: mappings was (asciiword simple, word simple), is (asciiword simple)",
        ],
    ),
    Case(
        _CONFIGURATION,
        "UPDATE pg_ts_config SET cfgparser = 1 WHERE cfgname = 'c'; DELETE FROM pg_ts_config_map WHERE mapcfg >= 16384",
        [],
    )._replace(
        setup="CREATE TEXT SEARCH PARSER p (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end,"
        " LEXTYPES = prsd_lextype); CREATE TEXT SEARCH CONFIGURATION c (PARSER = pg_catalog.default)",
        change="DROP TEXT SEARCH CONFIGURATION c; CREATE TEXT SEARCH CONFIGURATION c (PARSER = p)",
        expected=['text search configuration public.c: parser was pg_catalog."default", is public.p'],
    ),
    Case(
        _CONFIGURATION,
        "COMMENT ON TEXT SEARCH CONFIGURATION c IS 'c'",
        ["text search configuration public.c: comment was none, is c"],
    ),
    Case(
        _DICTIONARY,
        "ALTER TEXT SEARCH DICTIONARY d (accept = false)",
        ["text search dictionary public.d: options was none, is accept = 'false'"],
    ),
    Case(
        _DICTIONARY,
        "DROP TEXT SEARCH DICTIONARY d;"
        " CREATE TEXT SEARCH TEMPLATE dt (LEXIZE = dsimple_lexize, INIT = dsimple_init);"
        " CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = dt)",
        ["text search dictionary public.d: template was pg_catalog.simple, is public.dt"],
    ),
    Case(
        _DICTIONARY,
        "COMMENT ON TEXT SEARCH DICTIONARY d IS 'c'",
        ["text search dictionary public.d: comment was none, is c"],
    ),
    Case(
        _SERVER,
        "ALTER FOREIGN DATA WRAPPER w OPTIONS (a 'b')",
        ["foreign-data wrapper w: options was none, is (a=b)"],
    ),
    Case(
        _SERVER,
        "ALTER FOREIGN DATA WRAPPER w VALIDATOR postgresql_fdw_validator",
        ["foreign-data wrapper w: validator was none, is postgresql_fdw_validator(text[],oid)"],
    ),
    Case(
        _SERVER,
        "UPDATE pg_foreign_data_wrapper SET fdwhandler = 'now'::regproc",
        ["foreign-data wrapper w: handler was none, is now()"],
    ),
    Case(
        _SERVER,
        "COMMENT ON FOREIGN DATA WRAPPER w IS 'c'",
        ["foreign-data wrapper w: comment was none, is c"],
    ),
    Case(_SERVER, "ALTER SERVER s OPTIONS (a 'b')", ["server s: options was none, is (a=b)"]),
    Case(_SERVER, "ALTER SERVER s VERSION '2'", ["server s: version was none, is 2"]),
    Case(
        _SERVER,
        "DROP SERVER s; CREATE SERVER s TYPE 'x' FOREIGN DATA WRAPPER w",
        ["server s: type was none, is x"],
    ),
    Case(
        f"{_SERVER}; CREATE FOREIGN DATA WRAPPER w2",
        "DROP SERVER s; CREATE SERVER s FOREIGN DATA WRAPPER w2",
        ["server s: foreign-data wrapper was w, is w2"],
    ),
    Case(_SERVER, "COMMENT ON SERVER s IS 'c'", ["server s: comment was none, is c"]),
]
