import sys

from schema.migrate import main

sys.exit(main())
