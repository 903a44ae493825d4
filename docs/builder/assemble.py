"""Collects written and generated pages in ``build/docs``, from where the site is built."""

from __future__ import annotations

import shutil
from importlib.metadata import version
from pathlib import Path

from docs.builder import api, gallery, tables

ROOT = Path(__file__).parent.parent.parent
WRITTEN = ROOT / "docs"
ASSEMBLED = ROOT / "build" / "docs"
_KEPT = {".md", ".png", ".svg", ".css", ".txt"}


def assemble() -> list[Path]:
    """Fill ``build/docs`` and return the pages, relative to it."""
    shutil.rmtree(ASSEMBLED, ignore_errors=True)
    for source in sorted(WRITTEN.rglob("*")):
        if source.suffix in _KEPT:
            _write(source.relative_to(WRITTEN), source.read_bytes())
    for name, text in (api.pages() | tables.pages()).items():
        _write(Path("reference") / name, text.encode())
    for name, content in gallery.notebook_pages().items():
        _write(Path("notebooks") / name, content)
    _write(Path("gallery.md"), gallery.page().encode())
    pages = sorted(path.relative_to(ASSEMBLED) for path in ASSEMBLED.rglob("*.md"))
    for page in pages:
        _stamp(ASSEMBLED / page)
    _write(Path("llms.txt"), _index(pages).encode())
    return pages


def _write(name: Path, content: bytes) -> None:
    target = ASSEMBLED / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


def _stamp(page: Path) -> None:
    text = page.read_text()
    page.write_text(f"{text.rstrip()}\n\n---\n\n*bybit_async {version('bybit_async')}*\n")


def _index(pages: list[Path]) -> str:
    """The list of all pages for programs that read: title, address, first sentence."""
    lines = [
        "# bybit_async",
        "",
        "> Asyncio-native, fully typed connector for Bybit's V5 API, with its own exchange.",
        "",
    ]
    for page in pages:
        text = (ASSEMBLED / page).read_text()
        title = next((line[2:] for line in text.splitlines() if line.startswith("# ")), page.stem)
        lines.append(f"- [{title}]({page.as_posix()})")
    return "\n".join(lines) + "\n"
