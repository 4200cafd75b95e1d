from sqlalchemy import BigInteger, Column, ForeignKey, Identity, MetaData, Table

metadata = MetaData()

teams = Table("teams", metadata, Column("id", BigInteger, Identity(), primary_key=True))

users = Table(
    "users",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("team_id", BigInteger, ForeignKey("teams.id"), index=True),
)
