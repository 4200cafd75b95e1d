"""The checks as items of a project's own test suite, by one import in a test module.

    from schemaproof.testing import test_project, test_revision

    __all__ = ["test_project", "test_revision"]

``test_project[CHECK]`` is a check of the project as a whole, ``test_revision[REVISION-CHECK]`` one of a revision.
"""

from dataclasses import dataclass

__all__ = ["test_project", "test_revision"]


@dataclass(frozen=True)
class Checks:
    """What the plugin makes items of: no function, since pytest can be told to leave imported ones alone.

    Attributes:
        each: whether the checks are asked of every revision by itself, or of the project as a whole.
    """

    each: bool


test_project = Checks(each=False)
test_revision = Checks(each=True)
