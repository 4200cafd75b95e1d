"""What is seen of each mutation: the first check that is red, or which notes, or nothing. Written by measure.py.

By lane, and there by the statement (revision of the lane, way, place) and the operator.
"""

from collections.abc import Mapping

# Nothing is seen; where the text begins with SAME, because the mutated statement does the same, for the reason given.
EMPTY, MISSED, NOTE, SAME = "fails on empty tables", "missed", "note of ", "same: "

KINDS = {
    "where_dropped": "dropped WHERE",
    "left_join_inner": "inner for left join",
    "default_removed": "default removed",
    "coalesce_removed": "default removed",
    "else_removed": "default removed",
    "labels_swapped": "mapping swapped",
    "using_removed": "mapping swapped",
    "rename_as_drop_and_add": "mapping swapped",
    "columns_swapped": "mapping swapped",
    "distinct_from_unequal": "unequal for distinct",
    "statement_left_out": "statement left out",
}

OUTCOMES: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "saas": {
        "tenants": {
            "2.up.1 left_join_inner": "note of backfill-complete",
            "2.up.1 coalesce_removed": "upgrade-with-rows",
            "3.up.0 default_removed": "upgrade-with-rows",
        },
        "users": {
            "1.up.2 else_removed": "upgrade-with-rows",
            "1.up.2 labels_swapped": "values-kept",
            "1.up.2 using_removed": "fails on empty tables",
            "1.down.0 using_removed": "same: an enum is cast to text anyway",
            "3.up.1 where_dropped": "note of values-kept",
        },
        "projects": {
            "1.down.1 statement_left_out": "downgrade-restores",
            "3.up.2 where_dropped": "upgrade-with-rows",
            "3.up.2 columns_swapped": "fails on empty tables",
            "3.down.1 statement_left_out": "downgrade-keeps-rows",
        },
        "billing": {
            "1.up.2 where_dropped": "values-kept",
            "1.up.3 using_removed": "session-independent",
            "1.down.0 using_removed": "missed",
            "2.up.3 else_removed": "upgrade-with-rows",
            "2.up.3 labels_swapped": "values-kept",
            "2.up.3 using_removed": "fails on empty tables",
            "2.down.0 using_removed": "same: an enum is cast to text anyway",
            "3.up.0 using_removed": "values-kept",
            "3.up.1 rename_as_drop_and_add": "values-kept",
            "3.down.0 rename_as_drop_and_add": "missed",
        },
        "teams": {
            "1.up.1 left_join_inner": "rows-kept",
            "1.up.1 columns_swapped": "fails on empty tables",
            "1.down.1 statement_left_out": "missed",
            "2.up.0 where_dropped": "note of values-kept",
            "3.up.1 where_dropped": "upgrade-with-rows",
            "3.up.1 columns_swapped": "fails on empty tables",
        },
        "files": {
            "1.up.0 using_removed": "same: json and jsonb are cast to each other anyway",
            "1.down.0 using_removed": "downgrade-with-rows",
            "1.down.1 using_removed": "same: json and jsonb are cast to each other anyway",
            "2.up.0 default_removed": "upgrade-with-rows",
            "2.up.1 where_dropped": "note of values-kept",
            "2.up.2 where_dropped": "note of values-kept",
            "3.up.1 where_dropped": "rows-kept",
        },
        "hooks": {
            "1.up.0 default_removed": "upgrade-with-rows",
            "1.up.1 coalesce_removed": "upgrade-with-rows",
            "2.up.1 else_removed": "upgrade-with-rows",
            "2.up.1 labels_swapped": "missed",
            "3.up.1 where_dropped": "rows-kept",
        },
    },
    "shop": {
        "catalog": {
            "1.up.1 using_removed": "same: json and jsonb are cast to each other anyway",
            "1.up.2 where_dropped": "missed",
            "1.down.0 using_removed": "same: json and jsonb are cast to each other anyway",
            "2.up.2 else_removed": "upgrade-with-rows",
            "2.up.2 labels_swapped": "values-kept",
            "2.up.2 using_removed": "fails on empty tables",
            "2.up.5 where_dropped": "values-kept",
            "2.down.1 using_removed": "same: an enum is cast to text anyway",
            "3.up.1 where_dropped": "note of values-kept",
        },
        "buyers": {
            "1.up.1 columns_swapped": "values-kept",
            "2.down.2 statement_left_out": "missed",
            "3.up.0 default_removed": "upgrade-with-rows",
            "3.up.1 where_dropped": "note of values-kept",
            "3.up.2 rename_as_drop_and_add": "downgrade-restores",
            "3.down.0 rename_as_drop_and_add": "downgrade-restores",
        },
        "orders": {
            "1.up.2 else_removed": "upgrade-with-rows",
            "1.up.2 labels_swapped": "downgrade-keeps-rows",
            "1.up.3 using_removed": "session-independent",
            "1.down.0 using_removed": "missed",
            "2.up.1 default_removed": "upgrade-with-rows",
            "2.up.2 coalesce_removed": "upgrade-with-rows",
            "3.up.0 using_removed": "values-kept",
            "4.down.0 default_removed": "downgrade-with-rows",
            "4.down.1 else_removed": "downgrade-with-rows",
            "4.down.1 statement_left_out": "note of downgrade-keeps-rows",
        },
        "reviews": {
            "1.up.1 left_join_inner": "note of backfill-complete",
            "1.up.1 columns_swapped": "fails on empty tables",
            "2.up.0 where_dropped": "note of values-kept",
            "3.up.0 where_dropped": "rows-kept",
            "3.up.1 default_removed": "upgrade-with-rows",
        },
        "counts": {
            "1.up.1 left_join_inner": "same: each reading has a gauge",
            "2.up.0 default_removed": "upgrade-with-rows",
            "2.up.1 where_dropped": "note of values-kept",
            "3.up.0 where_dropped": "note of values-kept",
        },
    },
    "works": {
        "sites": {
            "2.up.0 left_join_inner": "backfill-complete",
            "2.up.0 coalesce_removed": "backfill-complete",
            "2.up.1 where_dropped": "missed",
            "2.up.1 columns_swapped": "values-kept",
            "2.down.0 statement_left_out": "missed",
            "2.down.1 statement_left_out": "same: the upgrade writes it again in each row",
        },
        "assets": {
            "1.up.0 default_removed": "upgrade-with-rows",
            "2.up.0 where_dropped": "note of values-kept",
            "2.up.0 coalesce_removed": "upgrade-with-rows",
            "2.up.1 where_dropped": "missed",
            "2.up.2 where_dropped": "note of values-kept",
            "2.down.0 statement_left_out": "missed",
            "3.down.1 statement_left_out": "missed",
        },
        "crew": {
            "1.up.2 else_removed": "upgrade-with-rows",
            "1.up.2 labels_swapped": "values-kept",
            "1.up.2 using_removed": "fails on empty tables",
            "1.down.0 using_removed": "same: an enum is cast to text anyway",
            "3.up.0 where_dropped": "note of values-kept",
            "3.up.1 where_dropped": "note of values-kept",
            "3.up.2 where_dropped": "rows-kept",
        },
        "jobs": {
            "1.up.1 default_removed": "upgrade-with-rows",
            "2.up.0 else_removed": "upgrade-with-rows",
            "2.up.0 labels_swapped": "downgrade-keeps-rows",
            "2.down.0 statement_left_out": "same: the upgrade writes it again in each row",
            "3.down.0 default_removed": "downgrade-with-rows",
            "3.down.1 statement_left_out": "missed",
        },
        "visits": {
            "1.up.1 default_removed": "upgrade-with-rows",
            "2.up.0 where_dropped": "note of values-kept",
            "2.up.1 where_dropped": "note of values-kept",
            "2.down.0 statement_left_out": "missed",
            "3.up.0 where_dropped": "rows-kept",
        },
    },
}

# The lanes of which nothing has been measured yet.
TO_COME: Mapping[str, tuple[str, ...]] = {
    "saas": ("audit", "keys", "chats", "usage"),
    "shop": ("events", "stock", "pages", "numbers", "letters", "returns", "wishes"),
    "works": ("parts", "contracts", "bills", "forms", "calls"),
}

# How many mutations of each kind are red, told by a note, missed, and the same as before.
TABLE: Mapping[str, Mapping[str, int]] = {
    "down default removed": {"red": 3},
    "down mapping swapped": {"same": 6, "missed": 3, "red": 2},
    "down statement left out": {"red": 2, "missed": 7, "note": 1, "same": 2},
    "up default removed": {"red": 22},
    "up dropped WHERE": {"note": 15, "red": 9, "missed": 3},
    "up inner for left join": {"note": 2, "red": 2, "same": 1},
    "up mapping swapped": {"red": 22, "same": 2, "missed": 1},
}
