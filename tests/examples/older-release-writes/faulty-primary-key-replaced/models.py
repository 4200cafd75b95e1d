from sqlalchemy import Column, MetaData, PrimaryKeyConstraint, Table, Text

metadata = MetaData()

settings = Table(
    "settings",
    metadata,
    Column("name", Text, nullable=False),
    Column("value", Text),
    Column("user_name", Text, nullable=False, server_default=""),
    PrimaryKeyConstraint("user_name", "name", name="settings_pkey"),
)
