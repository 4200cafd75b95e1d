from sqlalchemy import BigInteger, Column, Date, Identity, MetaData, Table, Text

metadata = MetaData()

sessions = Table(
    "sessions",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("token", Text),
    Column("ends_on", Date),
)
old_sessions = Table(
    "old_sessions",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("token", Text),
    Column("ends_on", Date),
)
