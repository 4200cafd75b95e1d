from sqlalchemy import BigInteger, Column, Date, Index, MetaData, Table, Text

metadata = MetaData()

logs = Table(
    "logs",
    metadata,
    Column("id", BigInteger, nullable=False),
    Column("day", Date, nullable=False),
    Column("line", Text, nullable=False),
    Index("ix_logs_line", "line"),
    postgresql_partition_by="RANGE (day)",
)
