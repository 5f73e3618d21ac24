"""A Neo4j server of this machine: the Community edition, fetched once with Maven."""

import re
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Final

from neo4j import AsyncGraphDatabase
from neo4j.exceptions import AuthError, DriverError, Neo4jError
from pydantic import BaseModel, Field

from runtime.embedded.alone import alone
from runtime.embedded.errors import StackError
from runtime.embedded.fetching import Say, cache_folder, fetched, pinned, which
from runtime.embedded.files import log_file, write_whole
from runtime.embedded.servers import Server

_USER: Final = "neo4j"
_FIRST_PASSWORD: Final = "neo4j"  # noqa: S105  # the one that every new server has
_OLDEST_JAVA: Final = 17
_PLUGIN: Final = "org.apache.maven.plugins:maven-dependency-plugin:2.8:copy-dependencies"
_POM: Final = """\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>postloom</groupId><artifactId>neo4j</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>org.neo4j.test</groupId><artifactId>neo4j-harness</artifactId><version>{version}</version>
  </dependency></dependencies>
</project>
"""
_MAIN: Final = "org.neo4j.server.CommunityEntryPoint"
#: A small server that starts and stops quickly.
_JAVA: Final = (
    *("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xms64m", "-Xmx384m"),
    *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in ("java.nio", "java.io", "sun.nio.ch")),
)
_SETTINGS: Final = {
    "server.default_listen_address": "127.0.0.1",
    "server.http.enabled": "false",
    "server.https.enabled": "false",
    "server.memory.pagecache.size": "64m",
    "db.tx_log.preallocate": "false",
    "dbms.usage_report.enabled": "false",
    "internal.dbms.bolt.netty_server_shutdown_quiet_period": "0",  # else ten seconds of waiting for nobody
}


class Neo4jAddress(BaseModel, frozen=True):
    """Where it answers, and to whom."""

    url: str
    user: str
    password: str = Field(repr=False)


@asynccontextmanager
async def neo4j_server(folder: Path, say: Say) -> AsyncIterator[Neo4jAddress]:
    """Run the server while the context is open; its data stays in ``folder``.

    Raises:
        AlreadyRunningError: another process runs it from the same folder.
        StackError: it cannot be fetched, or does not start.
    """
    java, libraries = java_program(), await neo4j_libraries(say)
    password = _password(folder)
    command = (str(java), *_JAVA, "-cp", f"{libraries}/*", _MAIN)
    async with alone(folder, lambda port: _server(command, folder, port, password), say) as port:
        yield Neo4jAddress(url=_url(port), user=_USER, password=password)


def java_program() -> Path:
    """Return Java.

    Raises:
        StackError: it is missing or too old.
    """
    java = which("java")
    told = (
        subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr if java else ""
    )
    version = re.search(r'version "(\d+)', told)
    if java is None or version is None or int(version[1]) < _OLDEST_JAVA:
        raise StackError(f"Neo4j needs Java {_OLDEST_JAVA} or later.")
    return java


async def neo4j_libraries(say: Say) -> Path:
    """Return the folder of the server's libraries; fetching them once takes a while, which ``say`` is told.

    Raises:
        StackError: they are not here and cannot be fetched.
    """
    version = pinned("neo4j")
    libraries = cache_folder() / f"neo4j-{version}"
    if libraries.exists():
        return libraries
    maven = which("mvn")
    if maven is None:
        raise StackError("Neo4j is fetched with Maven, which is missing.")
    say("Fetching Neo4j with Maven, once: 150 MB.")
    with _unfinished(libraries.parent) as folder:
        write_whole(folder / "pom.xml", _POM.format(version=version).encode())
        command = (str(maven), "-B", _PLUGIN, "-DincludeScope=runtime", "-DoutputDirectory=lib")
        if not await fetched(command, say, cwd=folder):
            raise StackError("Neo4j could not be fetched: can Maven reach its repository?")
        if not libraries.exists():  # another start may have been quicker
            shutil.move(folder / "lib", libraries)
    return libraries


@contextmanager
def _unfinished(cache: Path) -> Iterator[Path]:
    """A folder beside what is finished, gone afterwards."""
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        yield Path(folder)


def _server(command: tuple[str, ...], home: Path, port: int, password: str) -> Server:
    folder = home.absolute()
    settings = {**_SETTINGS, "server.bolt.listen_address": f"127.0.0.1:{port}"}
    lines = "".join(f"{name}={value}\n" for name, value in settings.items())
    write_whole(folder / "conf" / "neo4j.conf", lines.encode())

    async def answers() -> bool:
        return await _answers(port, password)

    return Server(
        name="neo4j",
        command=(*command, f"--home-dir={folder}", f"--config-dir={folder / 'conf'}", "--console-mode"),
        log=log_file(folder, "console"),
        answers=answers,
        ready_seconds=180.0,
    )


def _url(port: int) -> str:
    return f"bolt://127.0.0.1:{port}"


def _password(folder: Path) -> str:
    path = folder / "password"
    if not path.exists():
        write_whole(path, secrets.token_hex(16).encode())
    return path.read_text()


async def _answers(port: int, password: str) -> bool:
    """Return whether the server answers us; a new one is given our password first."""
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)):
            return False
    with suppress(DriverError, Neo4jError):
        try:
            await _run(port, password, "RETURN 1", "neo4j")
        except AuthError:
            change = f"ALTER CURRENT USER SET PASSWORD FROM '{_FIRST_PASSWORD}' TO '{password}'"
            await _run(port, _FIRST_PASSWORD, change, "system")
        return True
    return False


async def _run(port: int, password: str, statement: str, database: str) -> None:
    access = AsyncGraphDatabase.driver(_url(port), auth=(_USER, password), connection_timeout=2.0)
    async with access as driver, driver.session(database=database) as session:
        await (await session.run(statement)).consume()
