"""Histories as projects have them, made for these tests: forty revisions, thirty tables, and mutations of each.

saas.py: tenants, row security, UUID keys, a schema of the project's own, asyncpg. shop.py: partitions, domains,
generated columns, triggers, documents, identity keys, psycopg. Both stop for a deployment; works.py, a field service,
never does. lanes.py says what a lane is and writes the projects, operators.py mutates statements, and chooses by their
form alone; outcomes.py says what is seen of each, and measure.py finds that out.
"""
