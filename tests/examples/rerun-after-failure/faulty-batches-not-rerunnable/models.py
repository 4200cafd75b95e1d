from sqlalchemy import Column, Integer, MetaData, Numeric, Table

metadata = MetaData()

payments = Table(
    "payments",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("amount", Numeric(12, 2), nullable=False),
)
