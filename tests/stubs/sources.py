"""The source of a module, and what each name in it stands for."""

from __future__ import annotations

import ast
import builtins
import importlib
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any


class Module:
    """A module's source, and what each name in it stands for."""

    def __init__(self, module: ModuleType) -> None:
        self.name = module.__name__
        self._tree = ast.parse(Path(str(module.__file__)).read_text())
        self._names: dict[str, str] = {}
        for node in ast.walk(self._tree):
            if isinstance(node, ast.ImportFrom):
                self._names |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
            elif isinstance(node, ast.Import):
                self._names |= {a.asname or a.name.split(".")[0]: (a.asname and a.name) or a.name for a in node.names}

    def qualified(self, name: str) -> str:
        """Return the full name of what a name stands for here."""
        if name in self._names:
            return self._names[name]
        return name if hasattr(builtins, name) else f"{self.name}.{name}"

    def body(self, cls: type) -> list[ast.stmt]:
        """Return the body of a class."""
        for node in self._tree.body:
            if isinstance(node, ast.ClassDef) and node.name == cls.__name__:
                return node.body
        raise LookupError(f"{cls} is not in {self.name}")


@cache
def module_of(name: str) -> Module:
    return Module(importlib.import_module(name))


@cache
def object_of(qualified: str) -> Any:
    """What a full name stands for; None when it is nothing that can be imported."""
    try:
        return importlib.import_module(qualified)
    except ImportError:
        owner, _, name = qualified.rpartition(".")
    try:
        return getattr(importlib.import_module(owner), name, None) if owner else None
    except ImportError:
        return None
