from sqlalchemy import Column, Index, MetaData, Table, Text

metadata = MetaData()

settings = Table(
    "settings",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text),
    Index("ix_settings_value", "value"),
)
