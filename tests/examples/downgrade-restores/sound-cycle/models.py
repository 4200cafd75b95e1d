from sqlalchemy import Column, ForeignKeyConstraint, Integer, MetaData, Table

metadata = MetaData()

teams = Table(
    "teams",
    metadata,
    Column("org", Integer, primary_key=True, autoincrement=False),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("lead", Integer),
    Column("parent", Integer),
    ForeignKeyConstraint(
        ["org", "lead"],
        ["people.org", "people.id"],
        name="fk_lead",
        use_alter=True,
        deferrable=True,
        initially="DEFERRED",
    ),
    ForeignKeyConstraint(["org", "parent"], ["teams.org", "teams.id"], name="fk_parent", deferrable=True),
)
people = Table(
    "people",
    metadata,
    Column("org", Integer, primary_key=True, autoincrement=False),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("team", Integer, nullable=False),
    ForeignKeyConstraint(
        ["org", "team"], ["teams.org", "teams.id"], name="fk_team", deferrable=True, initially="DEFERRED"
    ),
)
