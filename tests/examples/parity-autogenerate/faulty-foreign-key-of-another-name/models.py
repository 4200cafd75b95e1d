from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table

metadata = MetaData()

users = Table("users", metadata, Column("id", Integer, primary_key=True))
posts = Table(
    "posts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user_id", ForeignKey("users.id", name="fk_posts_user_id_users", ondelete="CASCADE")),
)
