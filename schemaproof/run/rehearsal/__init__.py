"""A revision under traffic: the release before it works on filled tables while it is applied. Evidence, and no check.

workload.py derives what the release before does; traffic.py lets sessions do it in a closed loop, and a long reader
hold on; rehearse.py grows the tables and applies the revision meanwhile. record.py is what was seen; text.py and
drawing.py show it as ratios to the seconds before, since the seconds themselves are the machine's.
"""
