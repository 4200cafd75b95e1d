from sqlalchemy import Column, Enum, ForeignKey, Integer, MetaData, Table

metadata = MetaData()

users = Table("users", metadata, Column("id", Integer, primary_key=True))
billing_users = Table(
    "users",
    metadata,
    Column("id", Integer, ForeignKey("users.id"), primary_key=True),
    Column("plan", Enum("free", "paid", name="plan", schema="billing"), nullable=False),
    schema="billing",
)
log = Table(
    "log",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user_id", ForeignKey("billing.users.id")),
    schema="audit",
)
