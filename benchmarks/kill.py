"""``python -m benchmarks.kill`` runs the trial of `tests.trials.kill`."""

from __future__ import annotations

import sys

from tests.trials.kill import main

if __name__ == "__main__":
    sys.exit(main())
