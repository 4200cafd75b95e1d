from sqlalchemy import CheckConstraint, Column, MetaData, Table, Text

metadata = MetaData()

countries = Table(
    "countries",
    metadata,
    Column("name", Text, primary_key=True),
    Column("short", Text, nullable=False),
    CheckConstraint("short <> ''", name="short_there"),
)
