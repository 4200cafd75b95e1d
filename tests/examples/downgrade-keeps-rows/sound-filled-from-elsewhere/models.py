from sqlalchemy import BigInteger, Column, Identity, MetaData, Table, Text

metadata = MetaData()

advertisers = Table(
    "advertisers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
)

topics = Table(
    "topics",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("name", Text, nullable=False),
    Column("advertiser", Text),
)
