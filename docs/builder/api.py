"""The reference of every public name, from its docstring and its annotations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import griffe

PUBLIC = ("", "simulator", "simulator.script", "data", "errors", "enums", "pybit", "blocking", "leases", "bot")
"""The packages whose names do not change without notice; the first is the top level."""


_STARS = {griffe.ParameterKind.var_positional: "*", griffe.ParameterKind.var_keyword: "**"}


@cache
def package() -> griffe.Module:
    """The whole package, read without being imported."""
    root = Path(__file__).parent.parent.parent
    loaded = griffe.load("bybit_async", search_paths=[root], docstring_parser="google", resolve_aliases=True)
    assert isinstance(loaded, griffe.Module)
    return loaded


def pages() -> dict[str, str]:
    """Every page of the API reference by its file name."""
    found = {}
    for name in PUBLIC:
        if name and name.partition(".")[0] not in package().members:
            continue
        module = package()[name] if name else package()
        title = f"bybit_async.{name}" if name else "bybit_async"
        found[f"api/{title}.md"] = _module(title, module)
    for group, resource in groups():
        found[f"api/{group}.md"] = _group(group, resource)
    return found


def public_names(module: griffe.Module) -> list[griffe.Object]:
    """What ``__all__`` of a module lists, wherever it is defined."""
    names = sorted(str(name) for name in module.exports or () if not str(name).startswith("__"))
    return [_target(module[name]) for name in names]


def groups() -> Iterator[tuple[str, griffe.Class]]:
    """The endpoint groups of a session: ``("market", Market)`` and so on."""
    domains = package()["api.domains.Domains"]
    for name, member in sorted(domains.members.items()):
        if not name.startswith("_") and member.annotation is not None:
            yield name, _class_called(str(member.annotation))


@cache
def _classes() -> dict[str, griffe.Class]:
    found: dict[str, griffe.Class] = {}
    todo: list[griffe.Module] = [package()["api"]]
    while todo:
        module = todo.pop()
        todo += [inner for inner in module.modules.values() if not inner.is_alias]
        found |= {name: inner for name, inner in module.classes.items() if not inner.is_alias}
    return found


def _class_called(name: str) -> griffe.Class:
    return _classes()[name.rpartition(".")[2]]


def _target(found: griffe.Object | griffe.Alias) -> griffe.Object:
    return found.final_target if isinstance(found, griffe.Alias) else found


def _module(title: str, module: griffe.Module) -> str:
    parts = [f"# {title}", _text(module)]
    parts += [_object(item, 2) for item in public_names(module)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _group(name: str, resource: griffe.Class) -> str:
    parts = [f"# bybit.{name}", _text(resource)]
    parts += [_object(_target(method), 2) for method in _methods(resource, inherited=True)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _methods(owner: griffe.Class, *, inherited: bool = False) -> Iterable[griffe.Object]:
    members: dict[str, Any] = owner.all_members if inherited else owner.members
    for name, member in members.items():
        if not name.startswith("_") and _target(member).is_function and _target(member).docstring is not None:
            yield _target(member)


def _object(item: griffe.Object, level: int) -> str:
    parts = [f"{'#' * level} {item.name}"]
    shown = item.members.get("__init__") if isinstance(item, griffe.Class) else item
    if isinstance(shown, griffe.Function):
        signature = _signature(shown).replace("__init__", item.name, 1).removesuffix(" -> None" * (shown is not item))
        parts.append(f"```python\n{signature}\n```")
    parts.append(_text(item))
    if isinstance(item, griffe.Class):
        parts += [_object(method, level + 1) for method in _methods(item)]
        parts += [_property(member, level + 1) for member in item.members.values() if _is_property(member)]
    return "\n\n".join(part for part in parts if part)


def _is_property(member: griffe.Object | griffe.Alias) -> bool:
    public = not member.name.startswith("_")
    return public and member.is_attribute and "property" in member.labels and member.docstring is not None


def _property(member: griffe.Object | griffe.Alias, level: int) -> str:
    target = _target(member)
    kind = f"`{target.annotation}`" if isinstance(target, griffe.Attribute) else ""
    return f"{'#' * level} {member.name}\n\n{kind}\n\n{_text(target)}"


def _signature(function: griffe.Function) -> str:
    head = "async def " if "async" in function.labels else ""
    parameters = _parameters(function)
    result = f" -> {function.returns}" if function.returns is not None else ""
    line = f"{head}{function.name}({', '.join(parameters)}){result}"
    if len(line) <= 100:
        return line
    return f"{head}{function.name}(\n" + "".join(f"    {parameter},\n" for parameter in parameters) + f"){result}"


def _parameters(function: griffe.Function) -> list[str]:
    found, starred = [], False
    for parameter in function.parameters:
        if parameter.name in ("self", "cls"):
            continue
        if parameter.kind is griffe.ParameterKind.keyword_only and not starred:
            found.append("*")
        starred |= parameter.kind in (griffe.ParameterKind.keyword_only, griffe.ParameterKind.var_positional)
        annotation = f": {parameter.annotation}" if parameter.annotation is not None else ""
        default = f" = {parameter.default}" if parameter.default is not None and not parameter.required else ""
        star = {griffe.ParameterKind.var_positional: "*", griffe.ParameterKind.var_keyword: "**"}.get(
            parameter.kind, ""
        )
        found.append(f"{star}{parameter.name.lstrip('*')}{annotation}{default}")
    return found


def _text(item: griffe.Object) -> str:
    if item.docstring is None:
        return ""
    return "\n\n".join(_section(section) for section in item.docstring.parsed)


def _section(section: griffe.DocstringSection) -> str:
    if section.kind is griffe.DocstringSectionKind.text:
        return _code(str(section.value))
    if not isinstance(section.value, list):
        return _code(f"**{section.kind.value}** {section.value}")
    rows = [_row(entry) for entry in section.value]
    title = "Arguments" if section.kind is griffe.DocstringSectionKind.parameters else section.kind.value.capitalize()
    return f"**{title}**\n\n" + "\n".join(rows)


def _row(entry: Any) -> str:
    name = getattr(entry, "name", None) or str(entry.annotation or "")
    text = " ".join(str(entry.description).split())
    return f"- `{name}`: {_code(text)}"


def _code(text: str) -> str:
    return re.sub(r"``([^`]+)``", r"`\1`", text)
