"""What a remedy asks of env.py: that transactions are Alembic's own."""

_ASKING = ("autocommit_block()", "transaction_per_migration")
# MigrationContext.autocommit_block() asserts that the transaction which it commits is Alembic's; begin_transaction()
# begins none in another one (alembic/runtime/migration.py).
_FIRST = (
    "Before that, let Alembic begin the transaction: in the one that env.py runs migrations in, autocommit_block()"
    " fails with an AssertionError, and transaction_per_migration does nothing. In env.py, open the connection with"
    " `engine.connect()` in place of `engine.begin()` or `connection.begin()`; after what is executed on it before"
    " context.configure(), write `connection.commit()`; and run the migrations in Alembic's:\n"
    "with context.begin_transaction():\n"
    "    context.run_migrations()"
)


def with_env(remedy: str, *, begun_outside: bool) -> str:
    """``remedy``, and what env.py needs for it where it does not leave transactions to Alembic."""
    if not begun_outside or not any(one in remedy for one in _ASKING):
        return remedy
    return f"{remedy}\n{_FIRST}"
