from sqlalchemy import BigInteger, Column, Date, DateTime, Identity, MetaData, Table, Text

metadata = MetaData()

orders = Table(
    "orders",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("placed", DateTime(timezone=True), nullable=False),
    Column("due", Date),
    Column("label", Text),
)
