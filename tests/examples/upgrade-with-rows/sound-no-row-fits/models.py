from sqlalchemy import CheckConstraint, Column, Integer, MetaData, Table, Text

metadata = MetaData()

licences = Table(
    "licences",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", Text, nullable=False),
    Column("seats", Integer, nullable=False),
    CheckConstraint("right(code, 4) = left(md5(left(code, 6)), 4)", name="licences_code"),
)
