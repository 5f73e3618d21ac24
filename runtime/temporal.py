"""The client of the workflow engine: one converter everywhere, plain bytes on the loopback."""

import logging
from functools import cache
from typing import Final

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.runtime import LogForwardingConfig, LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter
from temporalio.service import GrpcCompression, RPCError

from contracts.errors import UnavailableError


@cache
def _runtime() -> Runtime:
    """One for the process; what the SDK's core has to say goes to our log instead of the terminal."""
    logs = LoggingConfig(
        filter=TelemetryFilter(core_level="WARN", other_level="ERROR"),
        forwarding=LogForwardingConfig(logger=logging.getLogger("temporalio.core")),
    )
    return Runtime(telemetry=TelemetryConfig(logging=logs))


async def connect(address: str, namespace: str) -> Client:
    """Return a client.

    Raises:
        UnavailableError: nobody answers at ``address``.
    """
    try:
        return await Client.connect(
            address,
            namespace=namespace,
            data_converter=pydantic_data_converter,
            grpc_compression=GrpcCompression.NONE,
            runtime=_runtime(),
        )
    except (RPCError, RuntimeError) as error:
        raise UnavailableError(f"Temporal does not answer at {address}") from error


#: What lists are made of. The embedded server is started with them; a server of somebody else's is told.
SEARCH_ATTRIBUTES: Final = {
    **dict.fromkeys(
        ("TgTenant", "TgChannel", "TgState", "TgStage", "TgStuckReason", "TgAlbum"),
        IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    ),
    "TgPostedAt": IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
}


async def register_search_attributes(client: Client) -> None:
    """Register the search attributes that the namespace lacks. Safe to repeat.

    Raises:
        UnavailableError: the server refuses, or does not answer.
    """
    try:
        known = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=client.namespace)
        )
        missing = {n: t for n, t in SEARCH_ATTRIBUTES.items() if n not in known.custom_attributes}
        if missing:
            await client.operator_service.add_search_attributes(
                AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing)
            )
    except RPCError as error:
        raise UnavailableError(f"Temporal does not take our search attributes: {error.message}") from error
