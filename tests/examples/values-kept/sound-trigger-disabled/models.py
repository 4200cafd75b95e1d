from sqlalchemy import BigInteger, Column, DateTime, Identity, MetaData, Table, Text

metadata = MetaData()

articles = Table(
    "articles",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("title", Text, nullable=False),
    Column("changed_at", DateTime(timezone=True)),
    Column("slug", Text),
)
