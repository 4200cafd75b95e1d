from sqlalchemy import Column, Integer, MetaData, Sequence, Table

metadata = MetaData()

numbers = Sequence("numbers", metadata=metadata)
users = Table("users", metadata, Column("id", Integer, primary_key=True))
