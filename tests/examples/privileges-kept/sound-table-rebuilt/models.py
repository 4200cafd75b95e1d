from sqlalchemy import BigInteger, Column, MetaData, Table, Text

metadata = MetaData()

reports = Table(
    "reports",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("author", Text),
    Column("title", Text, nullable=False),
)
