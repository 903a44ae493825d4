"""The way into the loop thread: forks, ends, interrupts."""

from __future__ import annotations

import asyncio
import os
import threading

import pytest

from bybit_async.bridge.portal import Portal, PortalCall
from bybit_async.errors import SessionClosed


def test_a_forked_child_is_refused_and_closes_without_touching_the_parents_thread() -> None:
    portal = Portal()
    assert portal.run(lambda: 1) == 1
    portal._pid -= 1  # as in a child process: the thread is the parent's
    try:
        with pytest.raises(SessionClosed, match="forked"):
            portal.run(lambda: 1)
        portal.close()
        assert not portal.closed
    finally:
        portal._pid = os.getpid()
        portal.close()
    assert portal.closed


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_real_child_is_refused_and_can_make_its_own() -> None:
    portal = Portal()
    portal.run(lambda: 1)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        answer = b"?"
        try:
            portal.run(lambda: 1)
        except SessionClosed:
            own = Portal()
            answer = b"ok" if own.run(lambda: 2) == 2 else b"no"
            own.close()
            portal.close()
        finally:
            os.write(write, answer)
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        assert pipe.read() == b"ok"
    os.waitpid(child, 0)
    assert portal.run(lambda: 3) == 3
    portal.close()


def test_a_portal_that_is_closed_takes_no_calls_whether_it_was_used_or_not() -> None:
    for used in (True, False):
        portal = Portal()
        if used:
            portal.run(lambda: 1)
        portal.close()
        portal.close()
        with pytest.raises(SessionClosed):
            portal.run(lambda: 1)


def test_what_a_call_ended_with_is_kept_when_it_is_abandoned_later() -> None:
    call = PortalCall(lambda: 1, (), {})
    call.start()
    call.abandon()
    call.cancel()
    assert call.outcome() == 1


def test_an_exit_in_a_call_reaches_its_caller() -> None:
    portal = Portal()

    async def leave() -> None:
        raise SystemExit(3)

    def leave_at_once() -> None:
        raise SystemExit(4)

    for function, code in ((leave, 3), (leave_at_once, 4)):
        with pytest.raises(SystemExit) as caught:
            portal.run(function)
        assert caught.value.code == code
    portal.close()


def test_closing_from_its_own_thread_does_not_wait_for_itself() -> None:
    portal = Portal()
    thread = portal.run(threading.current_thread)
    portal.run(portal.close)
    thread.join(5)
    assert not thread.is_alive()


def test_what_is_left_to_do_is_done_on_the_loop_and_a_failure_of_it_ends_the_thread_all_the_same() -> None:
    done: list[asyncio.AbstractEventLoop] = []

    async def last() -> None:
        done.append(asyncio.get_running_loop())
        raise ValueError("while closing")

    portal = Portal(last)
    loop = portal.run(asyncio.get_running_loop)
    thread = portal._thread
    portal.close()
    assert thread is not None
    assert (done, thread.is_alive()) == ([loop], False)
