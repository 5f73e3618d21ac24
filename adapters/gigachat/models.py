"""Which models an account may ask."""

from adapters.gigachat.account import Account


async def models_of(account: Account) -> frozenset[str]:
    """Return the names of the models; it costs nothing. Of what kind each is, the library does not pass on.

    Raises:
        PipelineError: it cannot be asked now, or does not accept the key.
    """
    async with account.place(), account.asking(account.timeout) as sdk:
        return frozenset(model.id_ for model in (await sdk.aget_models()).data)
