from sqlalchemy import BigInteger, Column, ForeignKey, Identity, MetaData, Table

metadata = MetaData()

jobs = Table("jobs", metadata, Column("id", BigInteger, Identity(), primary_key=True))

runs = Table("runs", metadata, Column("id", BigInteger, Identity(), primary_key=True))

steps = Table(
    "steps",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("run_id", BigInteger, ForeignKey("runs.id", name="steps_run_id_fkey"), index=True),
)
