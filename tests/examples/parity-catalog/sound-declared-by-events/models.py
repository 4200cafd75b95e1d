from sqlalchemy import DDL, Column, Integer, MetaData, Table, Text, event

metadata = MetaData()

users = Table("users", metadata, Column("id", Integer, primary_key=True), Column("name", Text))
event.listen(
    metadata,
    "before_create",
    DDL(
        "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN NEW.name := trim(NEW.name); RETURN NEW; END $$"
    ),
)
event.listen(
    metadata,
    "after_create",
    DDL("CREATE TRIGGER trim_name BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch()"),
)
event.listen(metadata, "after_create", DDL("CREATE VIEW user_ids AS SELECT id FROM users WHERE id > 0"))
event.listen(users, "after_create", DDL("ALTER TABLE users ENABLE ROW LEVEL SECURITY"))
event.listen(users, "after_create", DDL("CREATE POLICY own ON users USING (name = current_user)"))
