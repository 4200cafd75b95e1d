from sqlalchemy import BigInteger, Column, ForeignKey, Identity, MetaData, Table, Text

metadata = MetaData()

merchants = Table(
    "merchants",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("currency", Text, nullable=False),
)
sales = Table(
    "sales",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("merchant_id", BigInteger, ForeignKey("merchants.id"), index=True),
    Column("currency", Text, nullable=False),
)
