from sqlalchemy import BigInteger, Column, Identity, Integer, MetaData, Numeric, Table, Text

metadata = MetaData()

orders = Table(
    "orders",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("metres", Integer, nullable=False),
    Column("km", Numeric(12, 3)),
)

customers = Table("customers", metadata, Column("id", BigInteger, Identity(), primary_key=True), Column("name", Text))
