"""The checks as items of a project's own test suite, by one import in a test module.

    from schemaproof.testing import test_project, test_revision

    __all__ = ["test_project", "test_revision"]

``test_project[CHECK]`` is a check of the project as a whole, ``test_revision[REVISION-CHECK]`` one of a revision.
"""

from dataclasses import dataclass

__all__ = ["test_project", "test_revision"]


@dataclass(frozen=True)
class Checks:
    """What the plugin makes items of; not a function, because pytest can be told to ignore imported ones.

    Attributes:
        each: whether the checks run on each revision, or once on the project as a whole.
    """

    each: bool


test_project = Checks(each=False)
test_revision = Checks(each=True)
