from sqlalchemy import Column, MetaData, Table, Text

metadata = MetaData()

tokens = Table(
    "tokens",
    metadata,
    Column("token", Text(collation="C"), primary_key=True),
    Column("note", Text(collation="C"), index=True),
)
