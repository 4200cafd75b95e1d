from sqlalchemy import BigInteger, Column, Enum, Identity, MetaData, Table

metadata = MetaData()

posts = Table(
    "posts",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("mood", Enum("sad", "ok", "happy", "angry", name="mood"), nullable=False),
)
