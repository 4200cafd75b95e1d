"""Alembic's comparison at head, as env.py configures it, and where the migrations put what the models name."""
