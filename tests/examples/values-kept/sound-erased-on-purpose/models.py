from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, MetaData, Table, Text, text

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("mail", Text),
    Column("address", Text),
    Column("token", Text),
    Column("since", DateTime(timezone=True)),
    Column("plan", Text, nullable=False, server_default="free"),
    Index("users_mail", text("lower(mail)"), unique=True),
)
