"""Rows for tables that have none: :func:`fill` puts a few plain ones into each, so that a migration meets some.

filling.py and what it uses put them there; variety.py and forms.py make rows of every kind that a table allows.
population.py learns, from definitions and refusals, Hypothesis strategies of rows, which planting.py plants in one
statement; sampling.py draws the same rows without Hypothesis. strategies.py and edges.py make values of any type,
shrinking.py leaves as few rows as show it.
"""

from schemaproof.rows.filling import Filled, fill

__all__ = ["Filled", "fill"]
