from sqlalchemy import CheckConstraint, Column, Integer, MetaData, Table

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("age", Integer),
    CheckConstraint("age >= 0 AND age < 200", name="ck_users_age"),
)
