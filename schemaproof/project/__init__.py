"""What is verified: an Alembic project, its settings, and the findings that its team accepts, or knows."""
