"""How one value of the model becomes one value in the ledger, and back: exactly."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from argusnexus.errors import LedgerError
from argusnexus.model.decisions import RiskCheck, RiskLayer
from argusnexus.model.times import from_iso, iso
from argusnexus.model.trials import Axis
from argusnexus.money import Amount, amount, plain

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from enum import Enum, IntEnum

SqlValue = str | int | float | None


class Codec(NamedTuple):
    """A value's two directions; NULL stands for None in every column and never gets here."""

    encode: Callable[[Any], SqlValue]
    decode: Callable[[Any], Any]


def _same(value: Any) -> Any:
    return value


def _moment_text(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise LedgerError(
            f"Times in the ledger are UTC: expected one with a time zone, was {moment.isoformat()}."
        )
    return iso(moment)


def canonical_json(value: Any) -> str:
    """One text per value: keys sorted, no spaces; a number that JSON can't hold becomes null.

    Raises:
        LedgerError: if the value holds something that is no JSON and no number.
    """
    try:
        return _dumps(value)
    except ValueError:
        return _dumps(_without_nonfinite(value))


def _dumps(value: Any) -> str:
    return _ENCODER.encode(value)


def _plain_value(value: Any) -> Any:
    """What the JSON encoder doesn't know itself."""
    if isinstance(value, Amount):
        return plain(value)
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return dict(value)
    raise LedgerError(f"Expected numbers, texts, lists and mappings for a JSON column, was {value!r}.")


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False, default=_plain_value)


def _without_nonfinite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nonfinite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nonfinite(item) for item in value]
    if isinstance(value, float | np.floating) and not math.isfinite(value):
        return None
    return value


def _checks_text(checks: tuple[RiskCheck, ...]) -> str:
    return canonical_json(
        [
            {"layer": check.layer.label, "value": check.value, "limit": check.limit, "passed": check.passed}
            for check in checks
        ]
    )


def _checks(text: str) -> tuple[RiskCheck, ...]:
    return tuple(
        RiskCheck(RiskLayer[check["layer"].upper()], check["value"], check["limit"], check["passed"])
        for check in json.loads(text)
    )


def _texts(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def _axes_text(axes: tuple[Axis, ...]) -> str:
    return canonical_json([[axis.name, list(axis.values)] for axis in axes])


def _axes(text: str) -> tuple[Axis, ...]:
    return tuple(Axis(name, tuple(values)) for name, values in json.loads(text))


def by_value(kind: type[Enum]) -> Codec:
    """An enumeration whose members' values are their names in the ledger."""
    return Codec(lambda member: member.value, kind)


def by_name(kind: type[IntEnum]) -> Codec:
    """An enumeration of codes: its members' names, as they are written."""
    return Codec(lambda member: member.name, kind.__getitem__)


def by_label(kind: type[IntEnum]) -> Codec:
    """An enumeration of codes: its members' names in lower case."""
    return Codec(lambda member: member.name.lower(), lambda text: kind[text.upper()])


PLAIN = Codec(_same, _same)
AMOUNT = Codec(plain, amount)
MOMENT = Codec(_moment_text, from_iso)
FLAG = Codec(int, bool)
JSON = Codec(canonical_json, json.loads)
TEXTS = Codec(canonical_json, _texts)
AXES = Codec(_axes_text, _axes)
RISK_CHECKS = Codec(_checks_text, _checks)
