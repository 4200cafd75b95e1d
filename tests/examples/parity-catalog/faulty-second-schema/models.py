from sqlalchemy import Column, Integer, MetaData, Table, Text

metadata = MetaData()

log = Table("log", metadata, Column("id", Integer, primary_key=True), Column("who", Text), schema="audit")
