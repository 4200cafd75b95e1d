from sqlalchemy import BigInteger, Column, Identity, MetaData, Table, Text, UniqueConstraint

metadata = MetaData()

settings = Table(
    "settings",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("name", Text, nullable=False),
    Column("value", Text),
    UniqueConstraint("name", name="settings_name", deferrable=True, initially="DEFERRED"),
)
