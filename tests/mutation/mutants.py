"""Which changes a line can suffer: each is one that a tired author could make, and that still compiles."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.Is: "is not",
    ast.IsNot: "is",
    ast.In: "not in",
    ast.NotIn: "in",
}
_SIGNS: dict[type[ast.operator], str] = {ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.FloorDiv: "*", ast.Mod: "*"}


@dataclass(frozen=True)
class Mutant:
    """One change: `length` characters at `start` of the file's text become `after`."""

    path: Path
    line: int
    start: int
    before: str
    after: str

    def applied(self, text: str) -> str:
        assert text.startswith(self.before, self.start), self
        return text[: self.start] + self.after + text[self.start + len(self.before) :]

    def __str__(self) -> str:
        before, after = (" ".join(part.split())[:60] for part in (self.before, self.after))
        return f"{self.path}:{self.line}: {before} -> {after}"


def mutants_of(path: Path, text: str) -> list[Mutant]:
    """Every change of one file that compiles, in the order of the text."""
    found = []
    starts = _line_starts(text)
    for node, before, after in _changes(ast.parse(text), text):
        start = _offset(starts, text, node.lineno, node.col_offset)
        mutant = Mutant(path, node.lineno, start, before, after)
        if _compiles(mutant.applied(text)):
            found.append(mutant)
    return sorted(found, key=lambda mutant: (mutant.start, mutant.after))


def _changes(tree: ast.Module, text: str) -> Iterator[tuple[ast.expr | ast.stmt, str, str]]:
    annotations = _annotations(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.expr | ast.stmt) or node in annotations:
            continue
        source = ast.get_source_segment(text, node)
        if source is None:
            continue
        for after in _rewritten(node, text):
            if after != source:
                yield node, source, after


def _rewritten(node: ast.expr | ast.stmt, text: str) -> Iterator[str]:
    def part(inner: ast.AST) -> str:
        return ast.get_source_segment(text, inner) or ""

    match node:
        case ast.Compare(left=left, ops=[operator], comparators=[right]) if type(operator) in _COMPARISONS:
            yield f"{part(left)} {_COMPARISONS[type(operator)]} {part(right)}"
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _SIGNS and not _is_text(left, right):
            yield f"({part(left)} {_SIGNS[type(sign)]} {part(right)})"
        case ast.BoolOp(op=joint, values=values):
            yield (" or " if isinstance(joint, ast.And) else " and ").join(f"({part(value)})" for value in values)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield f"bool({part(operand)})"
        case ast.Constant(value=bool() as value):
            yield str(not value)
        case ast.Constant(value=int() as number):
            yield str(number + 1)
        case ast.If(test=test):
            body = ast.get_source_segment(text, node) or ""
            yield body.replace(part(test), f"not ({part(test)})", 1)
        case ast.Return(value=ast.expr() as value) if not (isinstance(value, ast.Constant) and value.value is None):
            yield "return None"
        case ast.Raise() | ast.Assign() | ast.AugAssign() | ast.Expr(value=ast.Call() | ast.Await()):
            yield "pass"


def _is_text(*operands: ast.expr) -> bool:
    return any(
        isinstance(operand, ast.JoinedStr) or (isinstance(operand, ast.Constant) and isinstance(operand.value, str))
        for operand in operands
    )


def _annotations(tree: ast.Module) -> set[ast.AST]:
    """What no running code sees: annotations, `Literal` members, the names of type variables."""
    roots: list[ast.AST] = []
    for node in ast.walk(tree):
        match node:
            case ast.arg(annotation=ast.expr() as annotation) | ast.AnnAssign(annotation=annotation):
                roots.append(annotation)
            case ast.FunctionDef(returns=ast.expr() as returns) | ast.AsyncFunctionDef(returns=ast.expr() as returns):
                roots.append(returns)
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                roots.append(node)
    return {inner for root in roots for inner in ast.walk(root)}


def _line_starts(text: str) -> list[int]:
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts


def _offset(starts: list[int], text: str, line: int, column: int) -> int:
    """`column` counts bytes of UTF-8, as `ast` does."""
    start = starts[line - 1]
    row = text[start : starts[line]]
    return start + len(row.encode()[:column].decode())


def _compiles(text: str) -> bool:
    try:
        compile(text, "mutant", "exec")
    except SyntaxError:
        return False
    return True
