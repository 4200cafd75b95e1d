"""In which order checks are asked, in which processes, and what is known when a run ends, however it ends.

verification.py, the command, reports whatever ends the run; apart.py runs the project's code in a session of its own,
and interruption.py takes the signals. verify.py asks all checks in order, walk.py those of revisions in several
processes; scope.py says which revisions are asked about, recall.py what is known of them from earlier runs, by the
entries in cache.py; parts.py and merging.py spread a run over machines. record.py is what is known so far, judging.py
makes the report of it; spells.py books the seconds, progress.py shows them go by. overview.py and costs.py say
beforehand what would be asked; files_alone.py answers without a server what the files say.
"""
