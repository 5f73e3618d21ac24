"""Runs the fake GigaChat for demos: ``python -m tests.servers.gigachat --port 8490``."""

import argparse
import asyncio
from contextlib import suppress

from tests.servers.gigachat.serving import KEY, fake_gigachat


async def main() -> None:
    """Serve until Ctrl-C, and say first what to set."""
    parser = argparse.ArgumentParser(description="A GigaChat of one's own: no key, no network, no cost.")
    parser.add_argument("--port", type=int, default=8490)
    parser.add_argument("--streams", type=int, default=10, help="requests at a time; more are answered 429")
    parser.add_argument("--token-seconds", type=float, default=1800.0)
    given = parser.parse_args()
    async with fake_gigachat(given.port, streams=given.streams, token_seconds=given.token_seconds) as fake:
        print(f"POSTLOOM_GIGACHAT__BASE_URL={fake.base_url}")
        print(f"POSTLOOM_GIGACHAT__AUTH_URL={fake.auth_url}")
        print(f"POSTLOOM_GIGACHAT__CREDENTIALS={KEY}")
        print("POSTLOOM_PROVIDERS__TAGS=gigachat")
        print("POSTLOOM_PROVIDERS__VISION=gigachat", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main())
