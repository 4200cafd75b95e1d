from sqlalchemy import BigInteger, Column, ForeignKey, Identity, MetaData, Table, Text

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("street", Text),
    Column("city", Text),
)
addresses = Table(
    "addresses",
    metadata,
    Column("user_id", BigInteger, ForeignKey("users.id"), primary_key=True, autoincrement=False),
    Column("street", Text),
    Column("city", Text),
)
