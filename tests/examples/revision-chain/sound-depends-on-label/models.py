from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table, Text

metadata = MetaData()

accounts = Table("accounts", metadata, Column("id", Integer, primary_key=True), Column("name", Text))
invoices = Table(
    "invoices",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("total", Integer),
)
