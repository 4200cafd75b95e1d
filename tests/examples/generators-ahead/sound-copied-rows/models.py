from sqlalchemy import BigInteger, Column, Identity, MetaData, Table, Text

metadata = MetaData()

texts = Table(
    "texts",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("body", Text),
)
