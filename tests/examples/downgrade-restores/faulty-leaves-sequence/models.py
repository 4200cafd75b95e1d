from sqlalchemy import Column, Integer, MetaData, Sequence, String, Table, text

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(50), nullable=False),
    Column(
        "number", Integer, Sequence("user_numbers", metadata=metadata), server_default=text("nextval('user_numbers')")
    ),
)
