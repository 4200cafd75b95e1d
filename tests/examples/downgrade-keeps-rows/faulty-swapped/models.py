from sqlalchemy import BigInteger, Column, Identity, MetaData, Table, Text

metadata = MetaData()

invoices = Table(
    "invoices",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("stage", Text, nullable=False, server_default="draft"),
)
