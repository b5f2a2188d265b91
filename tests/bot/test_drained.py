"""What an admin took out of service stays out, until it is given back."""

from datetime import datetime

from bot import db
from bot.drained import DrainedBackends


async def test_the_first_who_took_it_out_is_remembered() -> None:
    async with db.connect(":memory:") as connection:
        drained = DrainedBackends(connection)
        assert await drained.names() == frozenset()
        await drained.add("a", 5)
        await drained.add("a", 6)
        await drained.add("b")
        rows = await db.read(connection, "SELECT * FROM drained_backends ORDER BY name")
        assert [(row["name"], row["user_id"]) for row in rows] == [("a", 5), ("b", None)]
        assert all(datetime.fromisoformat(row["drained_at"]).tzinfo for row in rows)
        assert await drained.names() == {"a", "b"}


async def test_what_is_given_back_is_forgotten() -> None:
    async with db.connect(":memory:") as connection:
        drained = DrainedBackends(connection)
        await drained.add("a", 5)
        for _ in range(2):
            await drained.remove("a")
        assert await drained.names() == frozenset()
