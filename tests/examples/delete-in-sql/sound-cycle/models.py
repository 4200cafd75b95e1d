from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table

metadata = MetaData()

chat = Table(
    "chat",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column(
        "first_id",
        ForeignKey(
            "message.id",
            name="chat_first_id_fkey",
            ondelete="CASCADE",
            deferrable=True,
            initially="DEFERRED",
            use_alter=True,
        ),
        index=True,
        nullable=False,
    ),
)

message = Table(
    "message",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("chat_id", ForeignKey("chat.id", ondelete="CASCADE"), index=True, nullable=False),
)
