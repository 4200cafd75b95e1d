from sqlalchemy import Column, Integer, MetaData, Table, Text, text

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("salt", Text, server_default=text("gen_salt('bf')")),
)
