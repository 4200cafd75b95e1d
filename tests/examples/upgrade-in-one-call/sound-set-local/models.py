from sqlalchemy import Column, Integer, MetaData, Table

metadata = MetaData()

users = Table("users", metadata, Column("id", Integer, primary_key=True))
log = Table("log", metadata, Column("id", Integer, primary_key=True), schema="audit")
tags = Table("tags", metadata, Column("id", Integer, primary_key=True))
