from sqlalchemy import Boolean, Column, Enum, Integer, MetaData, Table

metadata = MetaData()

kind = Enum("letter", "invoice", name="kind")

documents = Table("documents", metadata, Column("id", Integer, primary_key=True), Column("kind", kind))

invoices = Table(
    "invoices", metadata, Column("id", Integer, primary_key=True), Column("kind", kind), Column("paid", Boolean)
)
