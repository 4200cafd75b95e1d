from sqlalchemy import Column, Identity, Integer, MetaData, Table

metadata = MetaData()

events = Table("events", metadata, Column("id", Integer, Identity(always=False), primary_key=True))
