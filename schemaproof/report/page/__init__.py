"""The report as one page of HTML, to be opened from a file: no network, and readable without JavaScript.

- ``graph``: the history as a drawing: where each revision stands, and what leads to it.
- ``keys``: what a delete reaches as a drawing, a tree of foreign keys.
- ``content``: what the page tells, as values.
- ``render``: the page of them. ``page.mako`` escapes all that it is given but ``page.css`` and ``page.js``.
"""

from schemaproof.report.page.render import render

__all__ = ["render"]
