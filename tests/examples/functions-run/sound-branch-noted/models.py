from sqlalchemy import BigInteger, Column, Identity, MetaData, Table, Text

metadata = MetaData()

articles = Table(
    "articles",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("title", Text),
)
