"""Create folders and files."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "folders",
        sa.Column("owner", sa.Integer, primary_key=True),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("parent", sa.Integer),
        sa.ForeignKeyConstraint(["owner", "parent"], ["folders.owner", "folders.id"], ondelete="CASCADE"),
        sa.Index("ix_folders_parent", "owner", "parent"),
    )
    op.create_table(
        "files",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("owner", sa.Integer),
        sa.Column("folder", sa.Integer),
        sa.Column("copy_of", sa.Integer, sa.ForeignKey("files.id", ondelete="SET NULL"), index=True),
        sa.ForeignKeyConstraint(["owner", "folder"], ["folders.owner", "folders.id"], ondelete="CASCADE"),
        sa.Index("ix_files_folder", "owner", "folder"),
    )
    op.execute("INSERT INTO folders (owner, id, parent) VALUES (1, 1, NULL), (1, 2, 1)")
    op.execute("INSERT INTO files (owner, folder) VALUES (1, 2), (NULL, NULL), (7, NULL)")


def downgrade() -> None:
    op.drop_table("files")
    op.drop_table("folders")
