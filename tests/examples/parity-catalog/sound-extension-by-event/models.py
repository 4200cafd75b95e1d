from sqlalchemy import DDL, Column, Integer, MetaData, Table, Text, event, text

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("salt", Text, server_default=text("gen_salt('bf')")),
)
event.listen(metadata, "before_create", DDL("CREATE EXTENSION IF NOT EXISTS pgcrypto"))
