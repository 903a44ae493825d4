"""The fields of an order are the same wherever they are written."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from decimal import Decimal
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest

from bybit_async.api.trade import Trade
from bybit_async.api.trade import orders as orders_module
from bybit_async.models.trade import AmendOrder, CancelOrder, OrderAck, PlaceOrder, PreCheck
from bybit_async.models.trade.requests import AMENDABLE, numbers_of
from bybit_async.transport.endpoint import Endpoint
from bybit_async.wire import Response, wire_name

METHODS = [("place_order", PlaceOrder), ("amend_order", AmendOrder), ("cancel_order", CancelOrder)]
OWN = {"self", "on_unknown", "timeout"}


class Asked:
    """Keeps what was sent, and accepts it."""

    def __init__(self) -> None:
        self.params: Mapping[str, Any] = {}

    async def call(self, endpoint: Endpoint, params: Mapping[str, Any], **_: Any) -> Response[Any]:
        self.params = params
        return Response(ret_code=0, result=PreCheck() if endpoint.result is PreCheck else OrderAck(order_id="1"))


def sample(hint: Any) -> Any:
    options = [hint]
    while any(get_origin(option) in (Union, UnionType) for option in options):
        options = [part for option in options for part in (get_args(option) or (option,))]
    options = [option for option in options if option is not type(None)]
    words = [word for option in options if get_origin(option) is Literal for word in get_args(option)]
    if Decimal in options:
        return "7"
    if words:
        return words[-1]
    return True if bool in options else "BTCUSDT"


def samples(request: type[msgspec.Struct]) -> dict[str, Any]:
    hints = get_type_hints(request)
    found = {name: sample(hints[name]) for name in request.__struct_fields__}
    return found | {"category": "linear", "order_link_id": "mine"}


@pytest.mark.parametrize(("name", "request_"), METHODS)
def test_a_method_takes_the_fields_of_its_request(name: str, request_: type[msgspec.Struct]) -> None:
    method = getattr(Trade, name)
    hints = get_type_hints(method)
    parameters = {name: p for name, p in inspect.signature(method).parameters.items() if name not in OWN}
    fields = {field.name: field for field in msgspec.structs.fields(request_)}
    assert set(parameters) == set(fields)
    for field, parameter in parameters.items():
        assert hints[field] == get_type_hints(request_)[field], field
        assert (parameter.default is parameter.empty) is fields[field].required, field


def test_a_check_beforehand_takes_what_placing_takes() -> None:
    optional = {field.name for field in msgspec.structs.fields(PlaceOrder) if not field.required}
    hints, ours = get_type_hints(PlaceOrder), get_type_hints(orders_module._OrderOptions)
    assert ours == {name: hints[name] for name in optional}


@pytest.mark.parametrize(("name", "request_"), METHODS)
async def test_every_argument_is_sent_as_the_request_says(name: str, request_: Any) -> None:
    asked, given = Asked(), samples(request_)
    await getattr(Trade(asked), name)(**given)
    assert asked.params == request_(**given).wire()
    assert set(asked.params) == {wire_name(field) for field in request_.__struct_fields__}


async def test_every_argument_of_a_check_is_sent() -> None:
    asked, given = Asked(), samples(PlaceOrder)
    await Trade(asked).pre_check_order(**given)
    assert asked.params == PlaceOrder(**given).wire()


def test_what_can_be_amended_is_what_an_amendment_names() -> None:
    assert set(AMENDABLE.values()) == set(AmendOrder.__struct_fields__) - {
        "category", "symbol", "order_id", "order_link_id",
    }  # fmt: skip
    assert set(numbers_of(AmendOrder)) < set(numbers_of(PlaceOrder))
    assert "slippage_tolerance" in numbers_of(PlaceOrder)
