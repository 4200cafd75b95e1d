from sqlalchemy import BigInteger, Column, Enum, Identity, MetaData, Table

metadata = MetaData()

posts = Table(
    "posts",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("mood", Enum("ok", "happy", name="mood"), nullable=False),
)
