from sqlalchemy import BigInteger, Column, Date, MetaData, Table

metadata = MetaData()

gauges = Table(
    "gauges",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("day", Date, primary_key=True),
    postgresql_partition_by="RANGE (day)",
)
