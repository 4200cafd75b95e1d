from sqlalchemy import BigInteger, CheckConstraint, Column, Identity, Index, MetaData, String, Table, Text

metadata = MetaData()

orders = Table(
    "orders",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("title", Text, nullable=False),
    Column("state", String(40), nullable=False, server_default="new"),
    Column("currency", String(3), nullable=False, server_default="EUR"),
    Column("note", Text),
    CheckConstraint("currency <> ''", name="orders_currency"),
    Index("orders_title", "title"),
)
