from sqlalchemy import Column, DateTime, Float, Integer, MetaData, Table, Uuid, text

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("a", Float, server_default=text("RANDOM()")),
    Column("b", Uuid, server_default=text("(gen_random_uuid())")),
    Column("c", DateTime(timezone=True), server_default=text("Clock_Timestamp()")),
)
