from sqlalchemy import CheckConstraint, Column, Computed, Index, Integer, MetaData, String, Table, text

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("age", Integer),
    Column("state", String(10)),
    Column("next", Integer, Computed("age + 1", persisted=True)),
    CheckConstraint("age >= 0 AND age < 150", name="ck_age"),
    CheckConstraint("state IN ('a', 'b')", name="ck_state"),
    Index("ix_users_age", "age", postgresql_where=text("age IS NOT NULL and age>1")),
)
