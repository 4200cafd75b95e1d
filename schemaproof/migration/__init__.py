"""The subject's Alembic environment, driven revision by revision on throwaway databases.

history.py is what a proof sees of it: climbing.py, one database through all revisions, with the stairway.py of each
(up, down, up); databases.py and states.py, databases in any state, populated.py with rows in them (own_rows.py: what
the project says of them); one_call.py, one call beside single steps; runs.py, Alembic's commands, each checked.
environment.py runs env.py once, redirect.py sends its connections to the database of the moment, inputs.py hears which
files it reads, watchdog.py ends it where it does not end (waiting.py, sessions.py, stacks.py, bounds.py, hang.py: who
waits for whom). before.py calls what the project needs before env.py, prepared.py makes the empty database as an
administrator prepares it. probe.py and drivers.py find out what env.py is like, empty.py what it needs, revisions.py
the files and their chain. coming_down.py, culprits.py, moments.py and fixed.py are what a stairway says. evidence.py,
printed.py, bytecode.py and failing.py turn errors and output into evidence and leave nothing in the folder; places/
finds file and line of what a finding is about; intent.py, aborted.py, roles.py, extensions.py, lacking.py and
modules.py tell what an error or a statement means. autogenerate/ is Alembic's comparison, lines/ the lines of a
revision that turn an object into what it should be.
"""
