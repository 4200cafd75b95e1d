from sqlalchemy import BigInteger, Column, Identity, MetaData, Table, Text

metadata = MetaData(schema="shop")

orders = Table(
    "orders",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("note", Text),
    Column("label", Text),
)
