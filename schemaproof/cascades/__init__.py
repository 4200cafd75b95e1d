"""Deletes that foreign keys pass on: what is left according to the model, to SQL and to the ORM."""
