from sqlalchemy import BigInteger, Column, Identity, Integer, MetaData, Table, Text

metadata = MetaData()

files = Table(
    "files",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("size", Integer),
    Column("kind", Text, nullable=False, server_default="file"),
    Column("place", Text, nullable=False),
    Column("label", Text, nullable=False, server_default=""),
)
