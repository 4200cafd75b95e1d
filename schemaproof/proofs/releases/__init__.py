"""Whether the release that still runs works on the schema after a deployment, and on the one after its rollback.

What the older release does is derived from the schema before the deployment: affected.py finds the tables that may
matter, samples.py rows for them, statements.py what is sent (literals.py: with the types of the models), and asking.py
sends it. experiment.py does so before and after, on the rows of ``migration.populated``. judging.py finds what the
statements have in common that work no more, telling.py and renamed.py put it into words; contracts.py knows what was
given up before. row_security.py concludes from the catalog whom it leaves no rows, and hiding.py tells it. newer.py
takes the deployment back, with rows that only the newer schema allows.

Functions whose bodies PostgreSQL keeps as text fail for every release. suspects.py finds those that name what has
changed, plpgsql.py takes their bodies apart (tokens.py: into words), routines.py asks the server of each piece, and
fired.py writes to the tables whose triggers run them. functions.py puts it into words.
"""
