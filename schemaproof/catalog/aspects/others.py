"""What few databases have; all of it is read again when any of it changes (see ``watches.OTHERS``)."""

from schemaproof.catalog.aspect import Acl, Aspect, Since, user_schema, words

_REPLICATED = (
    "(SELECT array_agg(r.prrelid::regclass::text{} ORDER BY 1) FROM pg_publication_rel r WHERE r.prpubid = p.oid)"
)
_WITH_COLUMNS = (
    " || coalesce((SELECT ' (' || string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) || ')' FROM pg_attribute a"
    " WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs)), '')"
    " || coalesce(' WHERE ' || pg_get_expr(r.prqual, r.prrelid), '')"
)
_ENABLED = {"O": "enabled", "D": "disabled", "R": "replica", "A": "always"}


def _routine(column: str) -> str:
    return f"CASE WHEN {column} <> 0 THEN {column}::regprocedure::text END"


ASPECTS = (
    Aspect(
        name="event triggers",
        unit="other",
        owner="e.oid",
        key="0",
        identity=("'event trigger'", "''", "''", "e.evtname"),
        attributes={
            "event": "e.evtevent",
            "tags": "e.evttags",
            "function": "e.evtfoid::regprocedure::text",
            "enabled": words("e.evtenabled", _ENABLED),
        },
        source="pg_event_trigger e",
        probe="pg_event_trigger",
        member=("pg_event_trigger", "e.oid"),
        comment=("pg_event_trigger", "e.oid", "0"),
        acl=Acl("", "e.evtowner", ""),
    ),
    Aspect(
        name="publications",
        unit="other",
        owner="p.oid",
        key="0",
        identity=("'publication'", "''", "''", "p.pubname"),
        attributes={
            "all tables": "p.puballtables",
            "operations": "array_remove(ARRAY[CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate"
            " THEN 'update' END, CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END],"
            " NULL)",
            "via partition root": "p.pubviaroot",
            "generated columns": Since(18, words("p.pubgencols", {"n": "none", "s": "stored"})),
            "tables": Since(15, _REPLICATED.format(_WITH_COLUMNS), _REPLICATED.format("")),
            "schemas": Since(
                15,
                "(SELECT array_agg(x.pnnspid::regnamespace::text ORDER BY 1) FROM pg_publication_namespace x"
                " WHERE x.pnpubid = p.oid)",
            ),
        },
        source="pg_publication p",
        probe="pg_publication",
        member=("pg_publication", "p.oid"),
        comment=("pg_publication", "p.oid", "0"),
        acl=Acl("", "p.pubowner", ""),
    ),
    Aspect(
        name="collations",
        unit="other",
        owner="c.oid",
        key="0",
        identity=("'collation'", "n.nspname", "''", "c.collname"),
        attributes={
            "provider": words("c.collprovider", {"d": "default", "b": "builtin", "i": "icu", "c": "libc"}),
            "deterministic": "c.collisdeterministic",
            "LC_COLLATE": "c.collcollate",
            "LC_CTYPE": "c.collctype",
            # ICU's is collcollate on 14, and has had two names since.
            "locale": Since(15, "coalesce(to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'colliculocale')"),
            "rules": Since(16, "c.collicurules"),
        },
        source="pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace",
        probe="pg_collation WHERE oid >= 16384",
        where=user_schema(),
        member=("pg_collation", "c.oid"),
        comment=("pg_collation", "c.oid", "0"),
        acl=Acl("", "c.collowner", ""),
    ),
    Aspect(
        name="casts",
        unit="other",
        owner="c.oid",
        key="0",
        identity=(
            "'cast'",
            "''",
            "''",
            "format_type(c.castsource, NULL) || ' AS ' || format_type(c.casttarget, NULL)",
        ),
        attributes={
            "function": _routine("c.castfunc"),
            "context": words("c.castcontext", {"e": "explicit", "a": "assignment", "i": "implicit"}),
            "method": words("c.castmethod", {"f": "function", "i": "in and out", "b": "binary"}),
        },
        source="pg_cast c",
        probe="pg_cast WHERE oid >= 16384",
        # A range type brings along one to its multirange type.
        where="c.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_cast'::regclass"
        " AND i.objid = c.oid AND i.deptype = 'i')",
        member=("pg_cast", "c.oid"),
        comment=("pg_cast", "c.oid", "0"),
    ),
    Aspect(
        name="operators",
        unit="other",
        owner="o.oid",
        key="0",
        identity=(
            "'operator'",
            "n.nspname",
            "''",
            "o.oprname || '(' || CASE o.oprleft WHEN 0 THEN 'NONE' ELSE format_type(o.oprleft, NULL) END || ', '"
            " || format_type(o.oprright, NULL) || ')'",
        ),
        attributes={
            "function": _routine("o.oprcode"),
            "returns": "format_type(o.oprresult, NULL)",
            "commutator": "nullif(o.oprcom, 0)::regoperator::text",
            "negator": "nullif(o.oprnegate, 0)::regoperator::text",
            "restrict": _routine("o.oprrest"),
            "join": _routine("o.oprjoin"),
            "merges": "o.oprcanmerge",
            "hashes": "o.oprcanhash",
        },
        source="pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace",
        probe="pg_operator WHERE oid >= 16384",
        where=user_schema(),
        member=("pg_operator", "o.oid"),
        comment=("pg_operator", "o.oid", "0"),
        acl=Acl("", "o.oprowner", ""),
    ),
    Aspect(
        name="operator classes",
        unit="other",
        owner="o.oid",
        key="0",
        identity=("'operator class'", "n.nspname", "''", "o.opcname || ' USING ' || m.amname"),
        attributes={
            "type": "format_type(o.opcintype, NULL)",
            "default": "o.opcdefault",
            "storage": "format_type(nullif(o.opckeytype, 0), NULL)",
            "family": "format('%I.%I', fn.nspname, f.opfname)",
            "operators": "(SELECT array_agg(format('%s %s', x.amopstrategy, x.amopopr::regoperator) ORDER BY 1)"
            " FROM pg_amop x WHERE x.amopfamily = o.opcfamily)",
            "functions": "(SELECT array_agg(format('%s %s', x.amprocnum, x.amproc::regprocedure) ORDER BY 1)"
            " FROM pg_amproc x WHERE x.amprocfamily = o.opcfamily)",
        },
        source="pg_opclass o JOIN pg_namespace n ON n.oid = o.opcnamespace JOIN pg_am m ON m.oid = o.opcmethod"
        " JOIN pg_opfamily f ON f.oid = o.opcfamily JOIN pg_namespace fn ON fn.oid = f.opfnamespace",
        probe="pg_opclass WHERE oid >= 16384",
        where=user_schema(),
        member=("pg_opclass", "o.oid"),
        comment=("pg_opclass", "o.oid", "0"),
        acl=Acl("", "o.opcowner", ""),
    ),
    Aspect(
        name="text search configurations",
        unit="other",
        owner="c.oid",
        key="0",
        identity=("'text search configuration'", "n.nspname", "''", "c.cfgname"),
        attributes={
            "parser": "(SELECT format('%I.%I', pn.nspname, p.prsname) FROM pg_ts_parser p JOIN pg_namespace pn"
            " ON pn.oid = p.prsnamespace WHERE p.oid = c.cfgparser)",
            "mappings": "(SELECT array_agg(format('%s %s', (SELECT t.alias FROM ts_token_type(c.cfgparser) t"
            " WHERE t.tokid = m.maptokentype), m.mapdict::regdictionary) ORDER BY m.maptokentype, m.mapseqno)"
            " FROM pg_ts_config_map m WHERE m.mapcfg = c.oid)",
        },
        source="pg_ts_config c JOIN pg_namespace n ON n.oid = c.cfgnamespace",
        probe="pg_ts_config WHERE oid >= 16384",
        where=user_schema(),
        member=("pg_ts_config", "c.oid"),
        comment=("pg_ts_config", "c.oid", "0"),
        acl=Acl("", "c.cfgowner", ""),
    ),
    Aspect(
        name="text search dictionaries",
        unit="other",
        owner="d0.oid",
        key="0",
        identity=("'text search dictionary'", "n.nspname", "''", "d0.dictname"),
        attributes={
            "template": "(SELECT format('%I.%I', tn.nspname, t.tmplname) FROM pg_ts_template t JOIN pg_namespace tn"
            " ON tn.oid = t.tmplnamespace WHERE t.oid = d0.dicttemplate)",
            "options": "d0.dictinitoption",
        },
        source="pg_ts_dict d0 JOIN pg_namespace n ON n.oid = d0.dictnamespace",
        probe="pg_ts_dict WHERE oid >= 16384",
        where=user_schema(),
        member=("pg_ts_dict", "d0.oid"),
        comment=("pg_ts_dict", "d0.oid", "0"),
        acl=Acl("", "d0.dictowner", ""),
    ),
    Aspect(
        name="foreign-data wrappers",
        unit="other",
        owner="w.oid",
        key="0",
        identity=("'foreign-data wrapper'", "''", "''", "w.fdwname"),
        attributes={
            "handler": _routine("w.fdwhandler"),
            "validator": _routine("w.fdwvalidator"),
            "options": "w.fdwoptions",
        },
        source="pg_foreign_data_wrapper w",
        probe="pg_foreign_data_wrapper",
        member=("pg_foreign_data_wrapper", "w.oid"),
        comment=("pg_foreign_data_wrapper", "w.oid", "0"),
        acl=Acl("F", "w.fdwowner", "w.fdwacl"),
    ),
    Aspect(
        name="servers",
        unit="other",
        owner="s.oid",
        key="0",
        identity=("'server'", "''", "''", "s.srvname"),
        attributes={
            "foreign-data wrapper": "w.fdwname",
            "type": "s.srvtype",
            "version": "s.srvversion",
            "options": "s.srvoptions",
        },
        source="pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw",
        probe="pg_foreign_server",
        member=("pg_foreign_server", "s.oid"),
        comment=("pg_foreign_server", "s.oid", "0"),
        acl=Acl("S", "s.srvowner", "s.srvacl"),
    ),
    Aspect(
        name="default privileges",
        unit="other",
        owner="a.oid",
        key="0",
        identity=(
            "'default privileges'",
            "coalesce(n.nspname, '')",
            "''",
            "format('of %I on %s', pg_get_userbyid(a.defaclrole), "
            + words(
                "a.defaclobjtype",
                {"r": "tables", "S": "sequences", "f": "functions", "T": "types", "n": "schemas", "L": "large objects"},
            )
            + ")",
        ),
        attributes={},
        source="pg_default_acl a LEFT JOIN pg_namespace n ON n.oid = a.defaclnamespace",
        probe="pg_default_acl",
        acl=Acl("", "", "a.defaclacl"),
        privileges_only=True,
    ),
)
