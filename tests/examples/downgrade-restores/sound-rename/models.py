from sqlalchemy import Column, Integer, MetaData, String, Table

metadata = MetaData()

people = Table("people", metadata, Column("id", Integer, primary_key=True), Column("name", String(50), nullable=False))
