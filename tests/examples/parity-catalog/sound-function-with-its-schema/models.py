from sqlalchemy import Column, MetaData, Table, Text, Uuid, text

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Uuid, primary_key=True, server_default=text("gen_random_uuid()")),
    Column("name", Text),
)
