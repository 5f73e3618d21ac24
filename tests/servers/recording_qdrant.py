"""A Qdrant without points: it keeps collections, aliases and indexes, in Qdrant's own words, and who asked for what."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self
from urllib.parse import parse_qs, urlsplit

_CONFIG: Final = {
    "hnsw_config": {"m": 16, "ef_construct": 100, "full_scan_threshold": 10000},
    "optimizer_config": {
        "deleted_threshold": 0.2, "vacuum_min_vector_number": 1000, "default_segment_number": 0,
        "flush_interval_sec": 5,
    },
}  # fmt: skip


class RecordingQdrant:
    """Answers on a real socket while the context is open; ``indexes`` are those of each collection, by field."""

    def __init__(self) -> None:
        self.indexes: dict[str, dict[str, str]] = {}
        self.aliases: dict[str, str] = {}
        #: Method, path, and whether it was to be waited for.
        self.writes: list[tuple[str, str, bool]] = []
        self.batches: list[int] = []
        self._sizes: dict[str, int] = {}

    def __enter__(self) -> Self:
        recording = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(recording.told(urlsplit(self.path).path))

            def do_PUT(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self._answer(recording.written(self.command, self.path, body))

            def do_POST(self) -> None:
                self.do_PUT()

            def _answer(self, result: Any) -> None:
                said = json.dumps({"result": result, "status": "ok", "time": 0.0}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def told(self, path: str) -> Any:
        match path.strip("/").split("/"):
            case ["collections"]:
                return {"collections": [{"name": name} for name in self.indexes]}
            case ["aliases"]:
                named = self.aliases.items()
                return {"aliases": [{"alias_name": alias, "collection_name": name} for alias, name in named]}
            case ["collections", name]:
                schema = {f: {"data_type": kind, "points": 0} for f, kind in self.indexes[name].items()}
                params = {"vectors": {"size": self._sizes[name], "distance": "Cosine"}}
                return {
                    "status": "green", "optimizer_status": "ok", "segments_count": 1, "points_count": 0,
                    "config": {"params": params, **_CONFIG}, "payload_schema": schema,
                }  # fmt: skip
        raise ValueError(path)

    def written(self, method: str, address: str, body: Any) -> Any:
        where = urlsplit(address)
        self.writes.append((method, where.path, parse_qs(where.query).get("wait") == ["true"]))
        match where.path.strip("/").split("/"):
            case ["collections", "aliases"]:
                for action in body["actions"]:
                    if made := action.get("create_alias"):
                        self.aliases[made["alias_name"]] = made["collection_name"]
            case ["collections", name, "index"]:
                self.indexes[name][body["field_name"]] = body["field_schema"]
            case ["collections", _, "points"]:
                self.batches.append(len(body["points"]))
                return {"operation_id": 1, "status": "completed"}
            case ["collections", _, "points", "count"]:
                return {"count": 0}
            case ["collections", name]:
                self.indexes[name], self._sizes[name] = {}, body["vectors"]["size"]
        return {"operation_id": 1, "status": "completed"} if where.path.endswith("/index") else True
