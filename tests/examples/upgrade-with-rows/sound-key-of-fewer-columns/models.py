from sqlalchemy import Column, Integer, MetaData, Table, Text, UniqueConstraint

metadata = MetaData()

accounts = Table(
    "accounts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("provider", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("owner", Text, nullable=False),
    UniqueConstraint("provider", "number", name="accounts_key"),
)
