from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, MetaData, Table, Text, text

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("mail", Text, nullable=False),
    Column("deleted_at", DateTime),
    Index("users_mail", text("lower(mail)"), unique=True, postgresql_where=text("deleted_at IS NULL")),
)
