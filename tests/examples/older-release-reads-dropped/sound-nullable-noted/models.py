from sqlalchemy import BigInteger, Column, Identity, MetaData, Table

metadata = MetaData()

orders = Table("orders", metadata, Column("id", BigInteger, Identity(), primary_key=True))
