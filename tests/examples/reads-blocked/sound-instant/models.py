from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, MetaData, String, Table, Text, func

metadata = MetaData()

orders = Table(
    "orders",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("code", String(100), unique=True),
    Column("note", Text, server_default=""),
    Column("state", Text, server_default="new", nullable=False),
    Column("changed", DateTime(timezone=True), server_default=func.now(), nullable=False),
)

lines = Table(
    "lines",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("amount", BigInteger, nullable=False),
    Index("ix_lines_amount", "amount"),
)
