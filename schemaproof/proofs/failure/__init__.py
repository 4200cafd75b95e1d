"""What a migration that fails leaves behind.

sites.py and fault.py: where a run can fail, and how; equivalence.py: which of these prove the same. injector.py,
locks.py and child.py make one fault happen; state.py reads what it left, trial.py and ways.py go through all of one
revision and direction, proof.py through all revisions; single.py is for tests of a project's own. crashing.py crashes a
server in a process of its own, deployers.py starts several at once. failures.py is what the area's checks share,
bystatement.py their grid of statements by faults.
"""
