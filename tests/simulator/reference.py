"""What Bybit documents about answers and messages, and how a simulated one is held against it."""

import json
import re
from functools import cache
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[3] / "shared" / "v5"
KINDS = {
    "string": str,
    "integer": int,
    "int": int,
    "long": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "list": list,
    "object": dict,
    "map": dict,
    "json": dict,
    "datetime": str,
}
ENUMS = (
    "category", "orderStatus", "createType", "execType", "orderType", "stopOrderType", "tickDirection", "positionIdx",
    "positionStatus", "rejectReason", "triggerBy", "cancelType", "contractType", "marginTrading", "copyTrading",
    "adlRankIndicator", "smpType", "timeInForce", "unifiedMarginStatus",
)  # fmt: skip
# The page of enumerations leaves these out; the pages of the endpoints have them.
ALSO = {
    "timeInForce": {"PostOnly", "RPI"},
    "smpType": {"None"},
    "cancelType": {"UNKNOWN"},
    "stopOrderType": {"UNKNOWN"},
    "triggerBy": {"UNKNOWN"},
    "createType": {"CreateByBboOrder"},
}


@cache
def pages(name):
    path = FOLDER / f"{name}.json"
    if not path.exists():
        pytest.skip("the reference data is not here")
    return json.loads(path.read_text())


@cache
def enumeration(name):
    return {value for value, _ in pages("enums")[name]} | ALSO.get(name, set())


def tables(fields):
    """Cut a page's response fields where it starts over, as for another category."""
    found, seen = [[]], set()
    for field in fields:
        if field.get("depth", 0) == 0:
            if field["name"] in seen:
                found.append([])
                seen = set()
            seen.add(field["name"])
        found[-1].append(field)
    return found


def answer_of(method, path, part=0):
    """Return the documented fields of an endpoint's result; `part` chooses among several tables."""
    for entry in pages("rest"):
        if (entry["method"], entry["path"]) == (method, path) and "tradfi" not in entry["doc"]:
            fields = tables(entry["response"])[part]
            nested = tree(fields)
            # Some pages list the result itself, with what it holds; the example tells whether it holds another one.
            inner = any("result" in example["result"] for example in entry["response_examples"] if "result" in example)
            wraps = (within for field, within in nested if field["name"] == "result" and not inner)
            return next(wraps, nested)
    raise AssertionError(f"{path} is not documented")


def message_of(page, part=0):
    """Return the documented fields of a stream's messages."""
    entry = next(entry for entry in pages("ws") if entry["doc"] == f"v5/websocket/{page}.mdx")
    return tree(tables(entry["response"])[part])


def tree(fields):
    """Nest fields by their depth: a list of (field, fields within)."""
    root = []
    stack = [(-1, root)]
    for field in fields:
        depth = field.get("depth", 0)
        while stack[-1][0] >= depth:
            stack.pop()
        within = []
        stack[-1][1].append((field, within))
        stack.append((depth, within))
    return root


def belongs(field, category):
    """Tell whether a category has a field: False, True, or None when the page says nothing about it."""
    note = field.get("note", "")
    lacks = re.search(r"(Spot[\w, ]*|Option[\w, ]*) do(es)? not have this (key|field)", note)
    if lacks and category.capitalize() in lacks[1]:
        return False
    if "Spot has this field only" in note:
        return category == "spot"
    if "Spot is not applicable" in note and category == "spot":
        return False
    return True if lacks else None


class Judge:
    """Compares values with documented fields and keeps what is wrong.

    `exempt` names fields by (path or page, field) and tells in which categories they must be there nevertheless.
    """

    def __init__(self, exempt=None, *, empty=False):
        self.found = []
        self.exempt = exempt or {}
        self.may_be_empty = empty

    def judge(self, where, fields, holder, category=""):
        """Hold one object against the fields of its level."""
        for field, within in fields:
            name = field["name"]
            if "[" in name or self._exempted(where, name, category):
                continue
            there = belongs(field, category)
            if there is False or name not in holder:
                # A field that does not apply may be there, and empty: clients look for its key.
                if there is False and holder.get(name, "") != "":
                    self._complain(where, name, "does not belong there")
                elif there is not False:
                    self._complain(where, name, f"is missing from {sorted(holder)}")
                continue
            self._value(where, field, within, holder[name], category)

    def _value(self, where, field, within, value, category):
        name = field["name"]
        expected = KINDS.get(field.get("type", "").lower().split("<")[0])
        right = expected is None or value is None or isinstance(value, expected)
        if isinstance(value, bool) and expected is not bool and expected is not None:
            right = False
        if not right and not (field["type"] in ("array", "object", "map") and isinstance(value, list | dict)):
            self._complain(where, name, f"is {value!r}, not {field['type']}")
        if name in ENUMS and isinstance(value, str | int) and value != "" and str(value) not in enumeration(name):
            self._complain(where, name, f"is {value!r}, which is not one of the documented values")
        if any("[" not in inner["name"] for inner, _ in within):
            rows = value if isinstance(value, list) else [value]
            if not rows and not self.may_be_empty:
                self._complain(where, name, "is empty: nothing is shown, and nothing can be judged")
            for row in rows:
                if isinstance(row, dict):
                    self.judge(f"{where} {name}", within, row, category)

    def _exempted(self, where, name, category):
        needed = self.exempt.get((where.split()[0], name))
        return needed is not None and category not in needed

    def _complain(self, where, name, what):
        text = f"{where}: {name} {what}"
        if text not in self.found:
            self.found.append(text)
