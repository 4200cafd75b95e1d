from sqlalchemy import DDL, Column, Integer, MetaData, String, Table, event

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(50), nullable=False),
)

event.listen(users, "after_create", DDL("ALTER TABLE users ENABLE ROW LEVEL SECURITY"))
event.listen(users, "after_create", DDL("CREATE POLICY own_row ON users USING (name = current_user)"))
