"""What is the embedded graph's own: its file, its lock, and files of before."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest

from adapters.embedded_graph.graph import EmbeddedGraph
from contracts.errors import UnavailableError
from tests.adapters.graphs import ONE, a_channel_photo, a_full_node, around


async def test_a_graph_that_is_older_than_channel_pictures_takes_them(tmp_path: Path) -> None:
    graph = EmbeddedGraph.open(tmp_path / "graph")
    await graph._store.transaction(lambda run: run("ALTER TABLE HAS_IMAGE DROP FROM Channel TO Image"))
    await graph.replace_posts([a_full_node("a")])
    await graph.close()

    graph = EmbeddedGraph.open(tmp_path / "graph")
    await graph.put_channel_photo(a_channel_photo())

    assert (await graph.counts(ONE))["HAS_IMAGE"] == 2
    await graph.close()


CHILD = """
import asyncio, sys
from pathlib import Path
from uuid import UUID
from adapters.embedded_graph.graph import EmbeddedGraph
from tests.adapters.graphs import a_node

async def main(folder: str, tenant: UUID) -> None:
    graph = EmbeddedGraph.open(Path(folder))
    for start in range(0, 10_000_000, 10):
        nodes = [a_node(str(n), tenant, tags=("x",)) for n in range(start, start + 10)]
        await asyncio.gather(*(graph.replace_post(node) for node in nodes))
        print(*(node.post_id for node in nodes), sep="\\n", flush=True)

asyncio.run(main(sys.argv[1], UUID(sys.argv[2])))
"""


async def test_what_was_acknowledged_survives_kill_9_and_a_second_process_is_refused(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-c", CHILD, str(tmp_path / "graph"), str(ONE)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path.cwd()) as child:
        assert child.stdout
        acknowledged = [UUID(child.stdout.readline().strip()) for _ in range(100)]
        with pytest.raises(UnavailableError, match="only one process at a time"):
            EmbeddedGraph.open(tmp_path / "graph")
        acknowledged += [UUID(child.stdout.readline().strip()) for _ in range(100)]
        os.kill(child.pid, signal.SIGKILL)

    graph = EmbeddedGraph.open(tmp_path / "graph")
    assert await graph.post_ids(ONE) >= set(acknowledged)
    assert len(await around(graph, "1")) == 10
    await graph.close()
