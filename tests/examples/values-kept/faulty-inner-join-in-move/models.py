from sqlalchemy import BigInteger, Column, ForeignKey, Identity, MetaData, Table, Text

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
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("port_id", BigInteger, ForeignKey("ports.id"), index=True),
)
flags = Table(
    "flags",
    metadata,
    Column("ship_id", BigInteger, primary_key=True, autoincrement=False),
    Column("flag", Text, nullable=False),
    Column("port", Text),
)
