from sqlalchemy import BigInteger, Column, DateTime, Identity, MetaData, Numeric, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()

orders = Table(
    "orders",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("code", Text, nullable=False),
    Column("placed", DateTime(timezone=True), nullable=False),
    Column("details", JSONB),
    Column("amount", Numeric),
)
