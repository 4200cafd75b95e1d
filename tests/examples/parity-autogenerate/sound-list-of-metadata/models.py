from sqlalchemy import Column, Integer, MetaData, Table, Text

one = MetaData()
two = MetaData(schema="blog")

users = Table("users", one, Column("id", Integer, primary_key=True))
posts = Table("posts", two, Column("id", Integer, primary_key=True), Column("title", Text))
all_metadata = [one, two]
