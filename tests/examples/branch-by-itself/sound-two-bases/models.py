from sqlalchemy import Column, Integer, MetaData, Table

metadata = MetaData()

clients = Table("clients", metadata, Column("id", Integer, primary_key=True), Column("age", Integer))
orders = Table("orders", metadata, Column("id", Integer, primary_key=True), Column("total", Integer))
