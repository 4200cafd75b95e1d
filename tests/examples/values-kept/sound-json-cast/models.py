from sqlalchemy import BigInteger, Column, Identity, MetaData, Table
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()

events = Table(
    "events",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("payload", JSONB),
)
