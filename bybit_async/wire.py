"""How values look on the wire: the Struct base, field spelling, plain numbers and times.

Two spellings exist for everything Bybit sends: ours (``price_24h_pcnt``) and theirs (``price24hPcnt``). `wire_name` is
the only place that turns one into the other, for the fields of answers and for the parameters of requests alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Generic, NoReturn, SupportsIndex, TypeVar, overload

import msgspec
from typing_extensions import dataclass_transform

from bybit_async import display
from bybit_async.errors import InvalidParameter

if TYPE_CHECKING:
    import pandas

Number = Decimal | str | int | float
"""What a price, size or amount may be given as; it is sent exactly as its plain decimal spelling."""

Time = datetime | date | str | int
"""A point in time: epoch milliseconds, an aware `datetime`, a date, or ISO 8601 text (UTC when it names no zone)."""

T = TypeVar("T")

_ACRONYMS = {
    "account_im": "accountIM",
    "account_im_rate": "accountIMRate",
    "account_im_rate_by_mp": "accountIMRateByMp",
    "account_im_by_mp": "accountIMByMp",
    "account_ltv": "accountLTV",
    "account_mm": "accountMM",
    "account_mm_rate": "accountMMRate",
    "account_mm_rate_by_mp": "accountMMRateByMp",
    "account_mm_by_mp": "accountMMByMp",
    "affiliate_id": "affiliateID",
    "affiliate_id_int64": "affiliateIDInt64",
    "after_ltv": "afterLTV",
    "amount_usd": "amountUSD",
    "asset_im": "assetIM",
    "asset_mm": "assetMM",
    "current_apr": "currentAPR",
    "current_ltv": "currentLTV",
    "est_apr": "estAPR",
    "fixed_total_debt_usd": "fixedTotalDebtUSD",
    "flexible_total_debt_usd": "flexibleTotalDebtUSD",
    "initial_ltv": "initialLTV",
    "inviter_id": "inviterID",
    "inviter_id_int64": "inviterIDInt64",
    "is_rpi_trade": "isRPITrade",
    "liquidation_ltv": "liquidationLTV",
    "margin_call_ltv": "marginCallLTV",
    "max_lp": "maxLP",
    "position_im": "positionIM",
    "position_im_by_mp": "positionIMByMp",
    "position_imr": "positionIMR",
    "position_mm": "positionMM",
    "position_mm_by_mp": "positionMMByMp",
    "position_mmr": "positionMMR",
    "pre_ltv": "preLTV",
    "support_usdc_contract": "supportUSDCContract",
    "support_usdc_options": "supportUSDCOptions",
    "total_order_im": "totalOrderIM",
    "total_perp_upl": "totalPerpUPL",
    "total_position_im": "totalPositionIM",
    "total_position_mm": "totalPositionMM",
    "total_rpl": "totalRPL",
    "total_upl": "totalUPL",
    "tx_id": "txID",
    "user_id_int64": "userIDInt64",
    "withdraw_id": "withdrawID",
}


def wire_name(name: str) -> str:
    """Return Bybit's spelling of a snake_case name: ``order_link_id`` → ``orderLinkId``, ``tx_id`` → ``txID``.

    A trailing underscore (``from_``) only keeps a name off Python's keywords and is dropped.
    """
    name = name.rstrip("_")
    irregular = _ACRONYMS.get(name)
    if irregular is not None:
        return irregular
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


class _KeywordOnly(msgspec.StructMeta):
    # msgspec does not inherit kw_only, so without this each of a thousand Structs would have to repeat it.
    def __new__(mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **config: Any) -> _KeywordOnly:
        config.setdefault("kw_only", True)
        return super().__new__(mcls, name, bases, namespace, **config)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(msgspec.field,))
class Wire(msgspec.Struct, frozen=True, rename=wire_name, metaclass=_KeywordOnly):
    """Base of everything Bybit sends or accepts: frozen, keyword-only, camelCase on the wire."""

    def to_dict(self, *, wire: bool = False) -> dict[str, Any]:
        """Return the object, and all within it, as plain dicts and lists.

        Args:
            wire: Bybit's names, and numbers as text, instead of the names used here and `Decimal`.
        """
        made: dict[str, Any] = msgspec.to_builtins(self) if wire else _plain_fields(self)
        return made

    def __repr__(self) -> str:
        return display.fields_text(type(self).__name__, _fields(self))

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return list(display.shown(_fields(self)).items())

    def _repr_html_(self) -> str:
        return display.fields_html(cells_of(self))

    if not TYPE_CHECKING:

        def __getitem__(self, key: object) -> NoReturn:
            ours = dict(zip(self.__struct_encode_fields__, self.__struct_fields__, strict=True)).get(key, key)
            cure = f"write .{ours}, or" if ours in self.__struct_fields__ else "use an attribute, or"
            raise TypeError(f"{type(self).__name__} is an object, not a dict: {cure} .to_dict(wire=True)[{key!r}]")


class Rows(Wire, Generic[T]):
    """A list answer that iterates, indexes and measures like the list it carries."""

    category: str | None = None
    rows: list[T] = msgspec.field(default_factory=list, name="list")

    def __iter__(self) -> Iterator[T]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, index: SupportsIndex) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: SupportsIndex | slice) -> T | list[T]:
        if isinstance(index, str):
            cure = f"iterate over it, use .rows, or .to_dict(wire=True)[{index!r}]"
            raise TypeError(f"{type(self).__name__} is a list, not a dict: {cure}")
        return self.rows[index]

    def __repr__(self) -> str:
        about = {name: value for name, value in _fields(self).items() if name != "rows"}
        return display.rows_text(type(self).__name__, self.rows, about)

    def _repr_html_(self) -> str:
        rows = [cells_of(row) if isinstance(row, msgspec.Struct) else {"value": row} for row in self.rows]
        return display.rows_html(rows)

    def to_frame(self) -> pandas.DataFrame:
        """Return the rows as a pandas frame: one column a field, decimals as float64.

        A field of a nested object is called ``outer_inner``; lists stay lists, times stay milliseconds.
        """
        return frame_of_rows(self.rows)


class Page(Rows[T], Generic[T]):
    """One page of a list; `next_page_cursor` is None on the last one."""

    next_page_cursor: str | None = None


class Nothing(Wire):
    """An answer that carries no result beyond having been accepted."""


def _fields(struct: msgspec.Struct) -> dict[str, Any]:
    return {name: getattr(struct, name) for name in struct.__struct_fields__}


def _plain_fields(value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        return {name: _plain_fields(field) for name, field in _fields(value).items()}
    if isinstance(value, list | tuple):
        return [_plain_fields(item) for item in value]
    return {key: _plain_fields(item) for key, item in value.items()} if isinstance(value, dict) else value


def frame_of_rows(rows: Iterable[Any]) -> pandas.DataFrame:
    """Return Structs as a frame; see `Rows.to_frame`."""
    import pandas

    flat = [cells_of(row) for row in rows]
    frame = pandas.DataFrame(flat)
    for name in frame.columns:
        if any(isinstance(cells.get(name), Decimal) for cells in flat):
            frame[name] = frame[name].astype("float64")
    return frame


def cells_of(row: msgspec.Struct, before: str = "") -> dict[str, Any]:
    """Return the fields of a Struct side by side; a field of a nested one is called ``outer_inner``."""
    cells: dict[str, Any] = {}
    for name in row.__struct_fields__:
        value = getattr(row, name)
        if isinstance(value, msgspec.Struct):
            cells |= cells_of(value, f"{before}{name}_")
        else:
            cells[before + name] = value
    return cells


def plain(value: Number, parameter: str = "value") -> str:
    """Spell a number in plain decimal digits, exactly: ``1e-05`` → ``"0.00001"``, ``Decimal("1E+3")`` → ``"1000"``.

    Raises:
        InvalidParameter: the value is not a finite number; the error names `parameter`.
    """
    if isinstance(value, bool):
        raise InvalidParameter(parameter, f"expected a number, got {value!r}")
    try:
        # repr() of a float is the shortest text that reads back as the same float: what the user sees is what is sent.
        number = value if isinstance(value, Decimal) else Decimal(repr(value) if isinstance(value, float) else value)
    except (InvalidOperation, TypeError, ValueError) as error:
        raise InvalidParameter(parameter, f"expected a number, got {value!r}") from error
    if not number.is_finite():
        raise InvalidParameter(parameter, f"expected a finite number, got {value!r}")
    if isinstance(value, str) and "e" not in value and "E" not in value and "_" not in value:
        return value.strip().removeprefix("+")
    return format(number, "f")


def milliseconds(value: Time, parameter: str = "time") -> int:
    """Turn a point in time into milliseconds since the epoch.

    Integers are taken as milliseconds. Text and dates without a zone are read as UTC.

    Raises:
        InvalidParameter: the text is not an ISO 8601 time, or the `datetime` has no time zone.
    """
    if isinstance(value, bool):
        raise InvalidParameter(parameter, f"expected a time, got {value!r}")
    if isinstance(value, int):
        return value
    if isinstance(value, str):
        if value.strip().isdigit():
            return int(value)
        try:
            moment = datetime.fromisoformat(value)
        except ValueError as error:
            raise InvalidParameter(parameter, f"expected an ISO 8601 time, got {value!r}") from error
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    elif isinstance(value, datetime):
        if value.tzinfo is None:
            raise InvalidParameter(parameter, "a datetime needs a time zone (use datetime.now(UTC))")
        moment = value
    elif isinstance(value, date):
        moment = datetime(value.year, value.month, value.day, tzinfo=UTC)
    else:
        raise InvalidParameter(parameter, f"expected a time, got {value!r}")
    return (moment - _EPOCH) // _MILLISECOND


def none_or_plain(value: Number | None, parameter: str) -> str | None:
    """Spell a number that may be absent; see `plain`."""
    return None if value is None else plain(value, parameter)


def none_or_milliseconds(value: Time | None, parameter: str) -> int | None:
    """Turn a time that may be absent into milliseconds; see `milliseconds`."""
    return None if value is None else milliseconds(value, parameter)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = datetime(1970, 1, 1, 0, 0, 0, 1000) - datetime(1970, 1, 1)


class Limit(msgspec.Struct, frozen=True):
    """What an answer's headers say of its rate limit.

    Attributes:
        total: requests allowed per window for this endpoint and account.
        remaining: how many of them are left.
        reset: when the window resets, in exchange milliseconds.
    """

    total: int | None = None
    remaining: int | None = None
    reset: int | None = None


class Response(msgspec.Struct, Generic[T], rename=wire_name):
    """A whole answer.

    Attributes:
        ret_code: 0 on success.
        ret_msg: Bybit's words; None when empty.
        result: the typed result.
        ret_ext_info: whatever Bybit adds, untyped.
        time: when Bybit answered, in exchange milliseconds.
        limit: the rate limit headers, when they were sent.
        raw: the body as it came, for fields this version does not know yet.
    """

    ret_code: int
    result: T
    ret_msg: str | None = None
    ret_ext_info: Any = None
    time: int | None = None
    limit: Limit | None = None
    raw: bytes = b""
