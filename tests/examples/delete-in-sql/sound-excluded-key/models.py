from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table

metadata = MetaData()

chat = Table("chat", metadata, Column("id", Integer, primary_key=True, autoincrement=False))

report = Table(
    "report",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("chat_id", ForeignKey("chat.id", name="logical_report_chat", ondelete="CASCADE"), index=True),
)
