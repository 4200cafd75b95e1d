from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    text,
)

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("a", String(20), server_default="x"),
    Column("b", Boolean, server_default=text("false"), nullable=False),
    Column("c", Integer, server_default=text("-1")),
    Column("d", Numeric(10, 2), server_default="0"),
    Column("e", ARRAY(Text), server_default=text("'{}'")),
    Column("f", Float),
    Column("g", DateTime(timezone=True)),
    Column("h", Text, server_default="it's"),
    Column("i", Float(24)),
    Column("j", LargeBinary),
)
