from sqlalchemy import BigInteger, Column, Identity, MetaData, Table, Text

metadata = MetaData()

incidents = Table(
    "incidents",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("summary", Text),
)
