"""`python -m handshook.cli`, where the command itself isn't on the path."""

import sys

from .main import main

sys.exit(main())
