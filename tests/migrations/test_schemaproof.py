"""The harness' own checks, beside pytest-alembic's."""

from schemaproof.testing import test_project, test_revision

__all__ = ["test_project", "test_revision"]
