"""Columns that every table has."""

import sqlalchemy as sa


def created_at() -> sa.Column:
    return sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now())
