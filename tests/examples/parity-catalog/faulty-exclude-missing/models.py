from sqlalchemy import Column, Integer, MetaData, Table
from sqlalchemy.dialects.postgresql import TSRANGE, ExcludeConstraint

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("stay", TSRANGE),
    ExcludeConstraint(("stay", "&&"), name="ex_stay"),
)
