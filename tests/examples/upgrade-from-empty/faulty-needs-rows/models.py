from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table, Text

metadata = MetaData()

tenants = Table("tenants", metadata, Column("id", Integer, primary_key=True), Column("name", Text, nullable=False))
settings = Table("settings", metadata, Column("tenant_id", ForeignKey("tenants.id"), primary_key=True))
