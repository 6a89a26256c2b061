"""`python -m agent_tui` is `agent-tui`."""

import sys

from agent_tui.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
