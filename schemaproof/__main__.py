"""``python -m schemaproof``, as the command."""

import sys

from schemaproof.cli import main

if __name__ == "__main__":
    sys.exit(main())
