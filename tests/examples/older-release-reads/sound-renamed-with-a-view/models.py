from sqlalchemy import BigInteger, Column, Identity, MetaData, String, Table, Text

metadata = MetaData()

purchases = Table(
    "purchases",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("label", Text, nullable=False),
    Column("state", String(20), nullable=False, server_default="new"),
)
