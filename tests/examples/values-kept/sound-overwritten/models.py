from sqlalchemy import BigInteger, Column, Identity, MetaData, Table, Text

metadata = MetaData()

sales = Table(
    "sales",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("channel", Text),
    Column("currency", Text),
    Column("label", Text),
)
