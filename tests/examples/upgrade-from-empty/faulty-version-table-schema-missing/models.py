from sqlalchemy import Column, Integer, MetaData, Table, Text

metadata = MetaData(schema="shop")

users = Table("users", metadata, Column("id", Integer, primary_key=True), Column("email", Text))
