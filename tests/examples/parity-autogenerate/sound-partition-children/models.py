from sqlalchemy import Column, Date, Index, Integer, MetaData, Table, Text

metadata = MetaData()

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("at", Date, primary_key=True),
    Column("kind", Text, server_default="click"),
    Index("ix_events_kind", "kind"),
    postgresql_partition_by="RANGE (at)",
)
