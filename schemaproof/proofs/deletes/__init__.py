"""What the foreign keys make of a delete, and what the models say that they make of it.

graph.py, declared.py and reading.py are the keys, from a model's metadata and from a database; oracle.py,
transaction.py and refusal.py what PostgreSQL makes of rows by them, worked out without a server. ground.py, prepare.py,
outcome.py and comparing.py are what experiments stand on. deletes.py, blocked.py and searching.py: DELETE beside the
model. flushes.py, mapping.py, loading.py, traffic.py and emptiness.py: the ORM beside SQL. enforcement.py,
swallowing.py, cost.py, measuring.py, keys.py and planting.py: orphans, and rows read by a delete. interleaving.py,
races.py, contest.py, specimens.py and mapped.py: two sessions, their steps in every order. cascading.py is what a
delete reaches, as a finding shows it. machine.py is a Hypothesis
state machine over any tables.
"""
