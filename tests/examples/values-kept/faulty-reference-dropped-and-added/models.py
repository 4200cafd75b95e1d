from sqlalchemy import BigInteger, Column, ForeignKey, Identity, MetaData, Table

metadata = MetaData()

jobs = Table("jobs", metadata, Column("id", BigInteger, Identity(), primary_key=True))

steps = Table(
    "steps",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("parent_id", BigInteger, ForeignKey("jobs.id", name="steps_parent_id_fkey"), index=True),
)
