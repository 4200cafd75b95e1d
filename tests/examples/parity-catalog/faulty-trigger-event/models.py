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
