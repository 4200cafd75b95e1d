from sqlalchemy import BigInteger, Column, Identity, MetaData, Numeric, Table

metadata = MetaData()

prices = Table(
    "prices",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("amount", Numeric(12, 2), nullable=False),
)
