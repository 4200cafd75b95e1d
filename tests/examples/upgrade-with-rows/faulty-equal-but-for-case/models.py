from sqlalchemy import BigInteger, Column, Identity, Index, MetaData, Table, Text, text

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("mail", Text, unique=True),
    Index("users_mail_lower", text("lower(mail)"), unique=True),
)
