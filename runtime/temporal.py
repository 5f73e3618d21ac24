"""The client of the workflow engine: one converter everywhere, plain bytes on the loopback."""

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import GrpcCompression, RPCError

from contracts.errors import UnavailableError


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
        )
    except (RPCError, RuntimeError) as error:
        raise UnavailableError(f"Temporal does not answer at {address}") from error
