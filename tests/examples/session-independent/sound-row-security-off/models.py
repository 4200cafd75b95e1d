from sqlalchemy import BigInteger, Column, Identity, MetaData, Table, Text

metadata = MetaData()

notes = Table(
    "notes",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("tenant", Text),
    Column("kind", Text),
)
