"""``schemaproof init``: what a project needs to be verified, found in its files; no code of the project is run.

place.py finds Alembic's configuration and env.py, code.py reads how env.py gets its database (variables.py and
dynaconf.py from which variables), server.py says which server has the extensions that revisions create. choices.py puts
the settings together, and why; ci.py is the job, files.py what is written.
"""
