"""``python -m docs``: assemble the pages, generate the reference, and build the site into ``build/site``, strictly.

``python -m docs pictures`` runs the gallery and the notebooks first, and keeps what they show.
"""

from __future__ import annotations

import subprocess
import sys

from docs.builder.assemble import ROOT, assemble

if __name__ == "__main__":
    if sys.argv[1:] == ["pictures"]:
        from docs.builder.pictures import take

        take()
    pages = assemble()
    print(f"{len(pages)} pages assembled in {ROOT / 'build' / 'docs'}")
    sys.exit(subprocess.run([sys.executable, "-m", "zensical", "build", "--strict"], cwd=ROOT, check=False).returncode)
