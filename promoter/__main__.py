"""`python -m promoter`."""

import sys

from promoter.cli.main import main

sys.exit(main())
