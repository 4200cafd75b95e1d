from sqlalchemy import BigInteger, Column, FetchedValue, Integer, MetaData, Table, Text

metadata = MetaData()

messages = Table(
    "messages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("text", Text, nullable=False),
    Column("place", BigInteger, server_default=FetchedValue(), nullable=False),
    Column("length", Integer, server_default=FetchedValue()),
)
