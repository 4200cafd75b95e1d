from sqlalchemy import Column, Integer, MetaData, Table, Text

metadata = MetaData()

kinds = Table(
    "kinds",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
)
