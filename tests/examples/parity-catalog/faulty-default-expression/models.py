from sqlalchemy import Column, Date, Integer, MetaData, Table, text

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("since", Date, server_default=text("CURRENT_DATE")),
)
