"""Shows the whole path with the adapters of production, on a machine without keys.

    make demo-services                    the sample through GigaChat and Crawl4AI (fakes), S3 and Neo4j (real)
    make demo-services EXPORT=path        an export of yours
    make demo-services ARGS="--kills 5"   the service is killed so often on the way
    make demo-services ARGS="--posts 200 --outage 120"   GigaChat answers 500 for so many seconds

Exit status: 0 both sides count the same calls and tokens, 1 they do not, 2 a server cannot be had here.
"""

import argparse
import asyncio
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Run it; return the exit status."""
    sys.path.insert(0, str(ROOT))
    from cli.screen import note  # noqa: PLC0415  only now is the root importable
    from runtime.embedded.errors import StackError  # noqa: PLC0415
    from tests.services_demo.screen import show  # noqa: PLC0415
    from tests.services_demo.story import CommandFailedError, Wish, tell  # noqa: PLC0415

    wanted = _words()
    with tempfile.TemporaryDirectory(prefix="postloom-services-") as folder:
        wish = Wish(
            folder=Path(folder), **{name: value for name, value in vars(wanted).items() if value is not None}
        )
        try:
            story = asyncio.run(tell(wish, note))
        except StackError as error:
            note(str(error))
            return 2
        except (CommandFailedError, TimeoutError) as error:
            note(f"{error or 'it took too long'}")
            return 1
    show(story, as_json=wanted.json)
    return 1 if story.unexplained else 0


def _words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make demo-services", description="The whole path, production's adapters."
    )
    parser.add_argument("--export", type=Path, help="a Telegram Desktop export instead of the sample")
    parser.add_argument("--posts", type=int, help="so many invented posts instead")
    parser.add_argument("--kills", type=int, help="how often the service is killed on the way")
    parser.add_argument("--outage", type=float, help="seconds for which GigaChat answers 500 on the way")
    parser.add_argument("--json", action="store_true", help="write JSON")
    return parser.parse_args()


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
