from sqlalchemy import Column, Enum, Integer, MetaData, Table

metadata = MetaData()

documents = Table(
    "documents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Enum("letter", "invoice", "memo", name="kind")),
)
