"""What every service process needs, loaded once, so that each is there within a second after it was killed."""

from importlib import import_module
from typing import Final

from temporalio.worker._worker import load_default_build_id

HEAVY: Final = (
    "tests.chaos.service_process", "adapters.hashing_embedder", "adapters.local_tagger", "adapters.local_vision",
    "adapters.tesseract", "adapters.web.reader",
)  # fmt: skip

for _name in HEAVY:
    import_module(_name)
#: The engine's library reads the code of every module that is loaded: once is enough.
BUILD: Final = load_default_build_id()
