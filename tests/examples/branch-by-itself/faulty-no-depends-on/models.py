from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table

metadata = MetaData()

branches = Table("branches", metadata, Column("id", Integer, primary_key=True))
clients = Table("clients", metadata, Column("id", Integer, primary_key=True))
invoices = Table(
    "invoices",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("client_id", ForeignKey("clients.id"), nullable=False, index=True),
)
