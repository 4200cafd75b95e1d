from sqlalchemy import Column, Integer, MetaData, Table, Text

metadata = MetaData()

accounts = Table("accounts", metadata, Column("id", Integer, primary_key=True), Column("name", Text))
pages = Table("pages", metadata, Column("id", Integer, primary_key=True))
