from sqlalchemy import BigInteger, Column, Identity, MetaData, Table, Text

metadata = MetaData()

sightings = Table(
    "sightings",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("species", Text, nullable=False),
    Column("key", Text, nullable=False),
)
