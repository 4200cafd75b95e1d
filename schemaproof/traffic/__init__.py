"""Instruments for connection pools: observers of the server and of the event loop, barriers, load.

proxy.py, connection.py, cuts.py, wire.py and swallowing.py refuse, cut, stall and delay. server.py, loop.py and
leaks.py observe: sessions on the server, blocked time of the event loop, what is left. barrier.py and waiting.py are
queries that are known to overlap, and waits without sleeps. load.py and report.py: closed loops and waves; waits,
errors, fairness. pgbouncer.py starts one in transaction mode, pgbouncer.sh ends it with its owner.
"""
