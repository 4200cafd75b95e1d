from sqlalchemy import BigInteger, Boolean, Column, Enum, ForeignKey, Identity, MetaData, Table, Text, true

metadata = MetaData()

labels = Table(
    "labels",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("team", Text, nullable=False),
)

people = Table(
    "people",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    Column("role", Enum("guest", "member", "owner", "staff", name="role"), nullable=False),
)

label_teams = Table(
    "label_teams",
    metadata,
    Column("label_id", BigInteger, ForeignKey("labels.id", ondelete="CASCADE"), primary_key=True),
    Column("team", Text, nullable=False),
    Column("is_writable", Boolean, nullable=False, server_default=true()),
)
