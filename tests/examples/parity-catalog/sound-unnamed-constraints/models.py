from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, MetaData, Table, Text

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("email", Text, unique=True),
    Column("age", Integer),
    Column("boss", Integer, ForeignKey("users.id")),
    CheckConstraint("age > 0"),
)
