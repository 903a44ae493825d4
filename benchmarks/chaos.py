"""``python -m benchmarks.chaos`` runs the trial of `tests.trials.chaos`."""

from __future__ import annotations

import sys

from tests.trials.chaos import main

if __name__ == "__main__":
    sys.exit(main())
