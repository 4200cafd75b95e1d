from sqlalchemy import BigInteger, Column, Identity, MetaData, String, Table

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("name", String(200), nullable=False),
)
