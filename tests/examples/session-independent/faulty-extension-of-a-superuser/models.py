from sqlalchemy import BigInteger, Column, DateTime, Identity, MetaData, Table, Text

metadata = MetaData()

notes = Table(
    "notes",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("tenant", Text),
    Column("changed_at", DateTime(timezone=True)),
    Column("kind", Text),
)
