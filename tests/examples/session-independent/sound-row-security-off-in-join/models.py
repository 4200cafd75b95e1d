from sqlalchemy import BigInteger, Column, ForeignKey, Identity, MetaData, Table, Text

metadata = MetaData()

notes = Table(
    "notes",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("tenant", Text),
)

tags = Table(
    "tags",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("note_id", BigInteger, ForeignKey("notes.id"), nullable=False, index=True),
    Column("tenant", Text),
)
