from sqlalchemy import BigInteger, Column, ForeignKey, Identity, MetaData, Table, Text

metadata = MetaData()

plans = Table(
    "plans",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("tier", Text, nullable=False),
)
tenants = Table(
    "tenants",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("plan_id", BigInteger, ForeignKey("plans.id"), index=True),
)
tenant_settings = Table(
    "tenant_settings",
    metadata,
    Column("tenant_id", BigInteger, ForeignKey("tenants.id"), primary_key=True, autoincrement=False),
    Column("tier", Text, nullable=False),
)
