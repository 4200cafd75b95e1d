from sqlalchemy import BigInteger, Column, Identity, MetaData, Table, Text, UniqueConstraint

metadata = MetaData()

settings = Table(
    "settings",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("name", Text, nullable=False),
    Column("value", Text),
    Column("user_name", Text, nullable=False, server_default=""),
    UniqueConstraint("user_name", "name", name="settings_of_user"),
)
