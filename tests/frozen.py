"""Imported last by a process that forks: what a collection of garbage does not look at stays shared with the forks."""

import gc
import importlib
import pkgutil

import schemaproof.proofs

# What a check imports when it is first asked, each fork would import again.
for module in pkgutil.walk_packages(schemaproof.proofs.__path__, "schemaproof.proofs."):
    importlib.import_module(module.name)
importlib.import_module("psycopg2")  # a driver that projects name

gc.collect()
gc.freeze()
