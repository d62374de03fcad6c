"""`python -m argusnexus`, and the `argus` command."""

from __future__ import annotations

import gc
import os
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

INTERRUPTED = (
    130  # as the command line's own exit code, which can't be imported before the line below is in force
)


def main() -> None:
    """Run the command line and leave with its exit code."""
    # An interrupt inside another library's import can come out as any error, and nothing has been opened by then:
    # the command line lets interrupts be errors again once it has imported its command.
    signal.signal(signal.SIGINT, _leave_at_once)
    from argusnexus.cli import run  # noqa: PLC0415 (after the line above)

    code = run()
    # All is done: what is left is to wait for threads and workers, and an interrupt there is a traceback.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()  # everything goes now: to search all that was imported for garbage takes a tenth of a second
    sys.exit(code)


def _leave_at_once(_number: int, _frame: FrameType | None) -> None:
    os.write(sys.stderr.fileno(), b"Error: Interrupted before anything was begun.\n")
    os._exit(INTERRUPTED)


if __name__ == "__main__":
    main()
