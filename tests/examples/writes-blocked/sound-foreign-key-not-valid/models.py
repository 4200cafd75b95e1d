from sqlalchemy import BigInteger, Column, ForeignKey, Identity, MetaData, Table

metadata = MetaData()

orders = Table(
    "orders",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("customer_id", ForeignKey("customers.id"), index=True),
)

customers = Table("customers", metadata, Column("id", BigInteger, Identity(), primary_key=True))
