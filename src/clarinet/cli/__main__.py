"""``python -m clarinet.cli`` is the command ``clarinet``."""

import sys

from clarinet.cli import main

sys.exit(main())
