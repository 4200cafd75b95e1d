from sqlalchemy import BigInteger, Column, ForeignKey, Identity, MetaData, Table, Text

metadata = MetaData()

ports = Table("ports", metadata, Column("id", BigInteger, Identity(), primary_key=True), Column("name", Text))

ships = Table(
    "ships",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("port_id", BigInteger, ForeignKey("ports.id"), index=True),
)

flags = Table(
    "flags",
    metadata,
    Column("ship_id", BigInteger, ForeignKey("ships.id", ondelete="CASCADE"), primary_key=True),
    Column("flag", Text),
    Column("port", Text),
)
