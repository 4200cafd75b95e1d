"""Where a finding stands in the project's code: file and line, of a revision's statement or a model's declaration.

- ``code``: lines of one file, from its syntax tree.
- ``revisions``: the statement of a revision that a finding is about.
- ``models``: the declaration of a table, a column, an index, a constraint, a relationship.
- ``finder``: both, for the findings of a history, and env.py.
"""

from schemaproof.migration.places.finder import Places, environment

__all__ = ["Places", "environment"]
