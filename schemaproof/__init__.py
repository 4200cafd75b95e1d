"""Verifies an Alembic project's migrations on throwaway PostgreSQL servers."""

import os
import signal
import sys
import threading


def end_at_once(*_: object) -> None:
    """What a Ctrl-C does until the command has its own handlers, which takes a while to import."""
    os.write(2, b"schemaproof: interrupted before the first revision\n")
    os._exit(130)


if (
    sys.argv
    and sys.argv[0].endswith("/schemaproof")  # the command, and no process that imports this for other purposes
    and threading.current_thread() is threading.main_thread()
    and signal.getsignal(signal.SIGINT) is signal.default_int_handler
):
    signal.signal(signal.SIGINT, end_at_once)
