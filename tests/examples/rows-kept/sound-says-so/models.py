from sqlalchemy import BigInteger, Column, Date, Identity, MetaData, Table, Text

metadata = MetaData()

sessions = Table(
    "sessions",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("token", Text),
    Column("ends_on", Date, nullable=False),
)
