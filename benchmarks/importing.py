"""One import, measured: ``python -m benchmarks.importing MODULE[,MODULE...]``."""

from __future__ import annotations

import importlib
import json
import resource
import sys
import time

if __name__ == "__main__":
    before, loaded = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, len(sys.modules)
    began = time.perf_counter()
    for module in sys.argv[1].split(","):
        importlib.import_module(module)
    seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"ms": seconds * 1000, "mb": (after - before) / 1024, "modules": len(sys.modules) - loaded}))
