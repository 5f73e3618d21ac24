"""The Temporal development server, kept in one SQLite file per server version."""

import socket
from datetime import timedelta
from pathlib import Path

from google.protobuf.duration_pb2 import Duration
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.workflowservice.v1 import UpdateNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from runtime.embedded.files import log_file
from runtime.embedded.servers import Server
from runtime.embedded.temporal_binary import TemporalBinary

_RETENTION = timedelta(days=30)
_SEARCH_ATTRIBUTES = {
    "TgTenant": "Keyword",
    "TgChannel": "Keyword",
    "TgState": "Keyword",
    "TgStage": "Keyword",
    "TgStuckReason": "Keyword",
    "TgAlbum": "Keyword",
    "TgPostedAt": "Datetime",
}
#: One partition keeps priority and fairness exact; the rest lets the command line see and act on workers.
_DYNAMIC_CONFIG = {
    "matching.enableFairness": "true",
    "matching.numTaskqueueReadPartitions": "1",
    "matching.numTaskqueueWritePartitions": "1",
    "system.enableActivityEagerExecution": "true",
    "frontend.WorkerHeartbeatsEnabled": "true",
    "frontend.ListWorkersEnabled": "true",
    "frontend.MaxConcurrentBatchOperationPerNamespace": "5",
}


class Temporal:
    """The server of one data folder."""

    def __init__(self, data_dir: Path, ports: dict[str, int], namespace: str) -> None:
        self._folder = data_dir / "temporal"
        self._log = log_file(data_dir, "temporal")
        self._ports = ports
        self._namespace = namespace
        self._file = self._folder / "never"

    @property
    def address(self) -> str:
        """Host and port of the frontend."""
        return f"127.0.0.1:{self._ports['temporal']}"

    def is_new_version(self, binary: TemporalBinary) -> bool:
        """Return whether there are files of other server versions and none of this one."""
        made = {path.stem for path in self._folder.glob("*.made")}
        return bool(made) and binary.server_version not in made

    def server(self, binary: TemporalBinary, ui: bool) -> Server:
        """Return the server; a file whose making was cut short is made anew."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._file = self._folder / f"{binary.server_version}.sqlite"
        if not self._finished.exists():
            for leftover in self._folder.glob(f"{self._file.name}*"):
                leftover.unlink()
        command = (str(binary.path), "server", "start-dev", *self._places(ui), *_settings())
        return Server(name="temporal", command=command, log=self._log, answers=self._answers)

    @property
    def _finished(self) -> Path:
        return self._file.with_suffix(".made")

    def _places(self, ui: bool) -> tuple[str, ...]:
        web = ("--ui-port", str(self._ports["ui"])) if ui else ("--headless",)
        return (
            *("--ip", "127.0.0.1", "--port", str(self._ports["temporal"]), *web),
            *("--http-port", str(self._ports["http"]), "--metrics-port", str(self._ports["metrics"])),
            *("--db-filename", str(self._file), "--namespace", self._namespace),
            *("--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=1"),
            *("--log-level", "warn"),
        )

    async def _answers(self) -> bool:
        """Return whether the namespace answers; closed workflows stay in it for a month from then on."""
        if not self._listens():
            return False
        retention = Duration()
        retention.FromTimedelta(_RETENTION)
        config = NamespaceConfig(workflow_execution_retention_ttl=retention)
        request = UpdateNamespaceRequest(namespace=self._namespace, config=config)
        try:
            client = await Client.connect(self.address, namespace=self._namespace)
            await client.workflow_service.update_namespace(request)
        except (RPCError, RuntimeError):
            return False
        self._finished.touch()
        return True

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._ports["temporal"])) == 0


def _settings() -> tuple[str, ...]:
    attributes = (("--search-attribute", f"{name}={kind}") for name, kind in _SEARCH_ATTRIBUTES.items())
    values = (("--dynamic-config-value", f"{name}={value}") for name, value in _DYNAMIC_CONFIG.items())
    return tuple(word for pair in (*attributes, *values) for word in pair)
