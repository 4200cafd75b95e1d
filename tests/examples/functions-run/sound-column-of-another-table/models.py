from sqlalchemy import BigInteger, Boolean, Column, Identity, MetaData, Table, Text

metadata = MetaData()

articles = Table(
    "articles",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("title", Text),
)

pages = Table(
    "pages",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("draft", Boolean),
)
