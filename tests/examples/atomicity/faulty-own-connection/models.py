from sqlalchemy import Column, MetaData, Table, Text

metadata = MetaData()

settings = Table(
    "settings",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text),
    Column("description", Text),
)
