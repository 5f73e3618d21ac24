"""Around the parts of a service process: deaths at the ordered moment, outages, and a count of every effect."""

import asyncio
import hashlib
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from temporalio import activity
from temporalio.api.history.v1 import HistoryEvent
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from contracts.errors import RejectedError, UnavailableError
from tests.chaos.orders import AFTER, BEFORE, BETWEEN, OUTSIDE, Orders
from workers.around import Around
from workers.providers import Providers
from workers.stores import Stores

T = TypeVar("T")
#: A text with this word is refused by the tagger, for good.
POISON: Final = "ядовитый"


def _tenant() -> str:
    return (activity.info().workflow_id or "").split(":")[1]


#: What is watched of each store and provider, and what is noted of a call.
_WATCHED: Final[dict[str, dict[str, Callable[..., str]]]] = {
    "vectors": {"put_one": lambda _, point: str(point.post_id), "delete": lambda _, ids: str(ids)},
    "graph": {
        "replace_post": lambda node: str(node.post_id),
        "put_album": lambda album: f"album {album.grouped_id}",
        "put_channel_photo": lambda photo: f"photo {photo.channel_id}",
        "delete_post": lambda _, post_id: str(post_id),
        "delete_album": lambda _, __, grouped_id: str(grouped_id),
    },
    "objects": {"put": lambda key, *_: str(key), "delete": str},
    "events": {"append_all": lambda events: str(len(events))},
    "redis": {"xack": lambda *ids: str(len(ids) - 2)},
    "vision": {"look": lambda body, *_: f"{_tenant()} {hashlib.sha256(body).hexdigest()}"},
    "tagger": {"tags_for": lambda *_: "asked"},
}


def around(orders: Orders) -> Around:
    """Return what a service process suffers and is counted by."""
    return Around(
        interceptors=[FatefulInterceptor(orders)],
        stores=lambda stores: _stores(stores, orders),
        providers=lambda providers: _providers(providers, orders),
    )


def _stores(stores: Stores, orders: Orders) -> Stores:
    return replace(
        stores,
        vectors=_watched(stores.vectors, "vectors", orders),
        graph=_watched(stores.graph, "graph", orders),
        objects=_watched(stores.objects, "objects", orders),
        events=_watched(stores.events, "events", orders),
        redis=_watched(stores.redis, "redis", orders),
    )


def _providers(providers: Providers, orders: Orders) -> Providers:
    return replace(
        providers,
        vision=_watched(providers.vision, "vision", orders),
        tagger=_watched(providers.tagger, "tagger", orders),
    )


def _watched(thing: T, name: str, orders: Orders) -> T:
    standing_in: Any = Watched(thing, name, orders)
    return standing_in  # type: ignore[no-any-return]  # it does what the thing does, call by call


@dataclass(frozen=True)
class Watched:
    """Stands in for a store or a provider, and lets fate have a look at some of its calls."""

    thing: Any
    name: str
    orders: Orders

    def __getattr__(self, attribute: str) -> Any:
        """Return what the thing has; a watched method with fate around it."""
        real = getattr(self.thing, attribute)
        told = _WATCHED[self.name].get(attribute)
        if told is None:
            return real
        where = f"{self.name}.{attribute}"

        async def call(*args: Any) -> Any:
            if self.orders.is_away(self.name):
                raise UnavailableError(f"{self.name}: away")
            if self.name == "tagger" and POISON in args[0]:
                raise RejectedError("tagger: will not have it")
            _perhaps_die(self.orders, where, BEFORE)
            result = await real(*args)
            self.orders.note(where, told(*args))
            _perhaps_die(self.orders, where, BETWEEN)
            return result

        return call


class FatefulInterceptor(Interceptor):
    """Put around the activities of every worker."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Return the wrapper."""
        return _AroundActivity(next, self._orders)


class _AroundActivity(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, orders: Orders) -> None:
        super().__init__(next)
        self._orders = orders
        self._waiting: set[asyncio.Task[None]] = set()

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        kind = activity.info().activity_type
        _perhaps_die(self._orders, kind, BEFORE)
        result = await super().execute_activity(input)
        self._orders.note("activities", kind)
        _perhaps_die(self._orders, kind, BETWEEN)
        if _is_due(self._orders, kind, AFTER):
            task = asyncio.create_task(_die_once_recorded(self._orders))
            self._waiting.add(task)
            task.add_done_callback(self._waiting.discard)
        return result


async def _die_once_recorded(orders: Orders) -> None:
    """Die as soon as the engine's history has the end of the activity that this is called in."""
    info = activity.info()
    run = activity.client().get_workflow_handle(info.workflow_id or "", run_id=info.workflow_run_id)
    while not _is_recorded(info, list((await run.fetch_history()).events)):
        await asyncio.sleep(0.02)
    _die(orders)


def _is_recorded(info: activity.Info, events: list[HistoryEvent]) -> bool:
    if info.is_local:
        wanted = f'"activity_id":"{info.activity_id}"'.encode()
        return any(wanted in event.marker_recorded_event_attributes.SerializeToString() for event in events)
    ours = [
        event.event_id
        for event in events
        if event.activity_task_scheduled_event_attributes.activity_id == info.activity_id
    ]
    ended = (event.activity_task_completed_event_attributes.scheduled_event_id for event in events)
    return any(event_id in ours for event_id in ended)


def _perhaps_die(orders: Orders, where: str, moment: str) -> None:
    if _is_due(orders, where, moment):
        _die(orders)


def _is_due(orders: Orders, where: str, moment: str) -> bool:
    death = orders.death()
    if death is None or (death.where, death.moment) != (where, moment):
        return False
    if not activity.in_activity():
        return death.during == OUTSIDE
    info = activity.info()
    is_meant = death.of is None or death.of in (info.workflow_id or "")
    return is_meant and death.during in (None, info.activity_type)


def _die(orders: Orders) -> None:
    if orders.come_to_pass():
        os.kill(os.getpid(), signal.SIGKILL)
