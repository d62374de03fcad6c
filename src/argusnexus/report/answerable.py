"""What is told of a run when one of its rows is damaged."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from argusnexus.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def answerable(otherwise: str) -> Iterator[None]:
    """A LedgerError that begins with `otherwise` instead of whatever a damaged row raises when it is computed with."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise LedgerError(
            f"{otherwise}: a recorded value makes no sense ({error}). `argus audit` names its row."
        ) from error
