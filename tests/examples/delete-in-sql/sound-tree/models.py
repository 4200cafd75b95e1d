from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table

metadata = MetaData()

node = Table(
    "node",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("node_id", ForeignKey("node.id", ondelete="CASCADE"), index=True),
)
