from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Index, Integer, MetaData, Table

metadata = MetaData()

folders = Table(
    "folders",
    metadata,
    Column("owner", Integer, primary_key=True),
    Column("id", Integer, primary_key=True),
    Column("parent", Integer),
    ForeignKeyConstraint(["owner", "parent"], ["folders.owner", "folders.id"], ondelete="CASCADE"),
    Index("ix_folders_parent", "owner", "parent"),
)
files = Table(
    "files",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("owner", Integer),
    Column("folder", Integer),
    Column("copy_of", ForeignKey("files.id", ondelete="SET NULL"), index=True),
    ForeignKeyConstraint(["owner", "folder"], ["folders.owner", "folders.id"], ondelete="CASCADE"),
    Index("ix_files_folder", "owner", "folder"),
)
