from sqlalchemy import BigInteger, Column, Integer, MetaData, Sequence, Table, text

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", Integer, Sequence("numbers", metadata=metadata), server_default=text("nextval('public.numbers')")),
    Column("other", BigInteger, server_default=text("nextval('numbers'::regclass)")),
)
