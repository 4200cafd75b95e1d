"""What waits while a migration runs: locks and work, measured.

watch.py is told of each statement of a run and asks, in the session that migrates, what it holds and has done to which
rows; relations.py says whom a lock keeps out of what, facts.py what became of a table. measuring.py runs a revision on
a few rows and, where rows were touched under a lock, on many (many.py), if need be on such as it does not refuse
(conforming.py); holds.py tells whose work grew meanwhile: it grows with production's tables. Tables that one statement
locks for the same work are told together (joining.py). telling.py and recipes.py turn it into a finding (changing.py
reads whose rows a statement changes), blocked.py into checks. order.py, searching.py and unbounded.py let other
sessions meet the locks: one that uses two tables the other way round, one that waits behind.
"""
