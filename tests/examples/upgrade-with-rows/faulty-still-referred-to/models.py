from sqlalchemy import BigInteger, Column, ForeignKey, Identity, MetaData, Table, Text

metadata = MetaData()

tenants = Table("tenants", metadata, Column("id", Text, primary_key=True))

actions = Table(
    "actions",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("tenant_id", ForeignKey("tenants.id"), nullable=False, index=True),
)
