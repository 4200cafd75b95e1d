from sqlalchemy import BigInteger, Column, DateTime, Identity, MetaData, Table

metadata = MetaData()

logs = Table(
    "logs",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("at", DateTime(timezone=True)),
)
