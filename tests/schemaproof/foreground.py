"""``python -m tests.schemaproof.foreground FILE MODULE ...``: MODULE, leading a process group as a shell's commands do.

Its pid, which is the group's, is in FILE then.
"""

import os
import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    os.setsid()
    Path(sys.argv[1]).write_text(str(os.getpid()))
    sys.argv[:2] = []
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
