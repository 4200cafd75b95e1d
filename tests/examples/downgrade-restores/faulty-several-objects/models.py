from sqlalchemy import CheckConstraint, Column, Index, Integer, MetaData, String, Table, Text

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(50), nullable=False),
    Column("email", Text),
    CheckConstraint("name <> ''", name="ck_users_name"),
    Index("ix_users_name", "name"),
)

posts = Table("posts", metadata, Column("id", Integer, primary_key=True), Column("title", Text, unique=True))
