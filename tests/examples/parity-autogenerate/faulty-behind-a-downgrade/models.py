from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table

metadata = MetaData()

Table("users", metadata, Column("id", Integer, primary_key=True))
Table(
    "orders",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user_id", Integer, ForeignKey("users.id", name="fk_orders_user"), nullable=False, index=True),
    comment="of users",
)
