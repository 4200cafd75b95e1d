"""The subject's Alembic environment, driven revision by revision on throwaway databases."""
