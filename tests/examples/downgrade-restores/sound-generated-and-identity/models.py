from sqlalchemy import BigInteger, Column, Computed, Identity, Integer, MetaData, Numeric, Table, text

metadata = MetaData()

items = Table(
    "items",
    metadata,
    Column("id", BigInteger, Identity(always=True, start=100, increment=5, cache=10), primary_key=True),
    Column("price", Numeric(10, 2), nullable=False),
    Column("quantity", Integer, nullable=False, server_default=text("1")),
    Column("total", Numeric(12, 2), Computed("price * quantity", persisted=True)),
    Column("number", Integer, Identity()),
)
