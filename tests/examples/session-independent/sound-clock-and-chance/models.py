from sqlalchemy import BigInteger, Column, Date, Identity, MetaData, Table, Text

metadata = MetaData()

orders = Table(
    "orders",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("due", Date),
    Column("seen_on", Date),
    Column("token", Text),
)
