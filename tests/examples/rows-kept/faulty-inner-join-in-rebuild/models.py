from sqlalchemy import BigInteger, Column, Identity, MetaData, Table, Text

metadata = MetaData()

ports = Table(
    "ports",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("name", Text, nullable=False),
)
ships = Table(
    "ships",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("port", Text),
)
