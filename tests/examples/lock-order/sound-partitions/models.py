from sqlalchemy import Column, Date, Integer, MetaData, Table, Text

metadata = MetaData()

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("note", Text),
    postgresql_partition_by="RANGE (day)",
)
first = Table(
    "events_first",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("note", Text, server_default=""),
)
