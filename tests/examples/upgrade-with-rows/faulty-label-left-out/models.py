from sqlalchemy import BigInteger, Column, Enum, Identity, MetaData, Table

metadata = MetaData()

invoices = Table(
    "invoices",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("stage", Enum("sent", "paid", name="stage"), nullable=False),
)
