"""Old ones have one too."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute("ALTER TABLE sales VALIDATE CONSTRAINT sales_currency_known")
    op.alter_column("sales", "currency", nullable=False)
    op.drop_constraint("sales_currency_known", "sales")


def downgrade() -> None:
    op.execute("ALTER TABLE sales ADD CONSTRAINT sales_currency_known CHECK (currency IS NOT NULL) NOT VALID")
    op.alter_column("sales", "currency", nullable=True)
