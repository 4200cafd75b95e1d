from sqlalchemy import BigInteger, Column, Computed, Identity, MetaData, Table, Uuid, text

metadata = MetaData()

orders = Table(
    "orders",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("quantity", BigInteger, nullable=False),
    Column("token", Uuid, server_default=text("gen_random_uuid()"), nullable=False),
    Column("twice", BigInteger, Computed("quantity * 2", persisted=True)),
)
