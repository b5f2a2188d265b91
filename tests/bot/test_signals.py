"""A bell that stays rung: nothing that rings between two looks is missed."""

import asyncio

import pytest

from bot.signals import Signal


async def test_a_ring_before_the_wait_counts() -> None:
    signal = Signal()
    signal.wake()
    await asyncio.wait_for(signal.wait(), 1)
    signal.clear()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(signal.wait(), 0.01)


async def test_a_cancel_wakes_and_stays() -> None:
    signal = Signal()
    waiting = asyncio.create_task(signal.wait())
    await asyncio.sleep(0)
    signal.cancel()
    await asyncio.wait_for(waiting, 1)
    signal.clear()
    assert signal.cancelled
    assert Signal(cancelled=True).cancelled


async def test_something_else_rings_for_the_length_of_a_block() -> None:
    signal, rung = Signal(), []
    with pytest.raises(KeyError), signal.also_wakes(lambda: rung.append(1)):
        signal.wake()
        raise KeyError
    signal.wake()
    assert rung == [1]
