from sqlalchemy import Column, Identity, Integer, MetaData, Table, Text

metadata = MetaData()

notes = Table(
    "notes",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("body", Text),
)
