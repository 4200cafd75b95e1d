"""Standard output, of which the reader may have seen enough."""

import os
import sys


def write(text: str) -> None:
    """Write ``text`` to standard output, also where nobody reads on (``| head``)."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes once more at exit (manual of signal, "Note on SIGPIPE").
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
