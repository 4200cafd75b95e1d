from sqlalchemy import DDL, Column, Integer, MetaData, Table, event

metadata = MetaData()

users = Table("users", metadata, Column("id", Integer, primary_key=True))
event.listen(metadata, "after_create", DDL("CREATE VIEW user_ids AS SELECT id FROM users WHERE id > 0"))
