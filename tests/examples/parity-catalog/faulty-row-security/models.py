from sqlalchemy import DDL, Column, Integer, MetaData, Table, Text, event

metadata = MetaData()

users = Table("users", metadata, Column("id", Integer, primary_key=True), Column("name", Text))
event.listen(users, "after_create", DDL("ALTER TABLE users ENABLE ROW LEVEL SECURITY"))
event.listen(users, "after_create", DDL("CREATE POLICY own ON users USING (name = current_user)"))
