"""From a part of an id to the whole one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argusnexus.errors import LedgerError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_SOME = 5


def resolved(
    text: str,
    known: Sequence[str],
    answers: Callable[[str, str], bool],
    *,
    noun: str,
    ledger: str,
    error: type[LedgerError] = LedgerError,
) -> str:
    """The one of `known` that `text` stands for: itself, or the only one that answers to it.

    `answers` says whether an id answers to a text that is not empty; `noun` and `ledger` are what is looked for, and
    where, in messages.

    Raises:
        LedgerError: as the `error` given, if none or several answer.
    """
    if text in known:
        return text
    matches = [one for one in known if text and answers(one, text)]
    if len(matches) == 1:
        return matches[0]
    if matches:
        rest = len(matches) - _SOME
        some = ", ".join(sorted(matches)[:_SOME]) + (f" and {rest} more" if rest > 0 else "")
        raise error(
            f"{text!r} stands for {len(matches)} {noun}s in ledger {ledger}: {some}. Give more of the id."
        )
    raise error(f"Ledger {ledger} has no {noun} {text!r}.{did_you_mean(text, known)}")


def answers_to_run(run_id: str, text: str) -> bool:
    """Whether `text` is a beginning or an end of the id or of its hex."""
    return run_id.startswith(text) or run_id.endswith(text) or run_id.rpartition("_")[2].startswith(text)


def answers_to_part(known: str, text: str) -> bool:
    return text in known
