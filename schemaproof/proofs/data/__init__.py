"""What a migration does to the rows that are there.

inhabited.py climbs with rows, which population.py makes, conditions.py those of partial indexes to come; refusals.py
finds the fewest that an upgrade refuses. snapshot.py and matching.py tell all rows before and after, row by row;
witness.py, writes.py and tokens.py what was sent, and which tables and columns it names for writing; triggers.py what
that fires; readings.py which it reads. rows_kept.py, values_kept.py, retyped.py, dropped.py, copies.py and
overwritten.py judge what is lost, drops.py notes what goes on purpose, counting.py and reaching.py write the query that
counts the rows in production, referred.py names those that refer to what is deleted, nulled.py the values that a
statement lacks, casting.py those that a cast refuses and duplicated.py those that a unique index has already,
mistaken.py is about what is no SQL; written.py asks all five, of what fails at COMMIT for the statement that wrote it
(deferred.py); showing.py turns it into evidence. backfills.py and generators.py look ahead: what a later revision, and
the next insert, will refuse; left_out.py finds the rows that an inner join loses. sessions.py, paths.py and owners.py
run it once more with other settings and as another role. descent.py and downgrades.py go down again, with rows that
only the newer schema allows, and swapped.py tells what comes back the wrong way round. privileges_kept.py is about who
may read and write the rows.
"""
