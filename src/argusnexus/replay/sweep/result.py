"""What came of a sweep: its trials, ranked, as a frame and as a file."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import Enum
from typing import TYPE_CHECKING, Any

from argusnexus.errors import ConfigError
from argusnexus.model.times import iso
from argusnexus.model.trials import Sweep, Trial, TrialCount, TrialStatus
from argusnexus.money import Amount
from argusnexus.replay.sweep.trial import TrialFigures
from argusnexus.truth.registry import count_tried, sweep_named, trials

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from argusnexus.truth.queries import LedgerReader

_COUNTS = ("trades_opened", "trades_closed", "halts", "causality_cuts")
FIGURES = tuple(field.name for field in fields(TrialFigures))


class Metric(Enum):
    """What trials are ranked by: the highest first, but of drawdowns the lowest."""

    NET_PNL = "net_pnl"
    EXPECTANCY = "expectancy"
    EXPECTANCY_R = "expectancy_r"
    PROFIT_FACTOR = "profit_factor"
    WIN_RATE = "win_rate"
    MAX_DRAWDOWN_PERCENT = "max_drawdown_percent"
    TRADES_CLOSED = "trades_closed"

    def of(self, trial: Trial) -> Amount | int | None:
        value: Amount | int | None = getattr(trial, self.value)
        return value

    @property
    def low_is_good(self) -> bool:
        return self is Metric.MAX_DRAWDOWN_PERCENT


@dataclass(frozen=True, slots=True)
class SweepResult:
    """A sweep and those of its trials that are done, by number, without their trades.

    Attributes:
        tried: how many configurations were ever tried on these candles, by whatever sweep or replay.
    """

    sweep: Sweep
    trials: tuple[Trial, ...]
    tried: TrialCount

    @property
    def sweep_id(self) -> str:
        return self.sweep.sweep_id

    @property
    def completed(self) -> tuple[Trial, ...]:
        return tuple(trial for trial in self.trials if trial.status is TrialStatus.COMPLETED)

    @property
    def failed(self) -> tuple[Trial, ...]:
        return tuple(trial for trial in self.trials if trial.status is TrialStatus.FAILED)

    @property
    def missing(self) -> int:
        """Trials that are still to be done."""
        return self.sweep.planned - len(self.trials)

    def ranked(self, metric: Metric | str = Metric.NET_PNL, min_trades: int = 0) -> list[Trial]:
        """Completed trials with so many closed trades, the best first; those without that figure come last.

        Equal ones stay in the order of their numbers.

        Raises:
            ConfigError: if there is no such metric.
        """
        chosen = as_metric(metric)
        enough = [trial for trial in self.completed if (trial.trades_closed or 0) >= min_trades]
        return sorted(enough, key=lambda trial: _place(trial, chosen))

    def frame(self) -> pd.DataFrame:
        """One row a trial; amounts are float64, for computing."""
        import pandas as pd  # noqa: PLC0415 (a quarter of a second that worker processes don't need)

        frame = pd.DataFrame([_row(trial) for trial in self.trials], columns=self._columns())
        return frame.astype(dict.fromkeys(_COUNTS, "Int64"))

    def to_dict(self, metric: Metric | str = Metric.NET_PNL) -> dict[str, Any]:
        """As JSON values, the trials ranked; amounts are exact decimals as text."""
        sweep = self.sweep
        return {
            "sweep_id": sweep.sweep_id,
            "created_at": iso(sweep.created_at),
            "symbols": list(sweep.symbols),
            "granularity": sweep.config.get("replay", {}).get("granularity"),
            "first_open_time": iso(sweep.first_open_time),
            "last_close_time": iso(sweep.last_close_time),
            "data_hash": sweep.data_hash,
            "axes": {axis.name: list(axis.values) for axis in sweep.axes},
            "seed": sweep.seed,
            "planned": sweep.planned,
            "completed": len(self.completed),
            "failed": len(self.failed),
            "missing": self.missing,
            "tried_on_these_candles": self.tried.same_candles,
            "tried_on_overlapping_candles": self.tried.overlapping,
            "ranked_by": as_metric(metric).value,
            "trials": [_as_json(trial) for trial in self.ranked(metric)],
            "errors": [
                {"number": trial.number, "parameters": dict(trial.parameters), "error": trial.error}
                for trial in self.failed
            ],
        }

    def save(self, path: Path) -> Path:
        """Write all trials as .parquet, .csv or .json, by the file's ending.

        Raises:
            ConfigError: if it is another one, or the file can't be written.
        """
        refuse_unless_writable(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _WRITERS[path.suffix](self.frame(), path)
        except OSError as error:
            raise ConfigError(f"--out {path} can't be written: {error.strerror or error}.") from None
        return path

    def _columns(self) -> list[str]:
        return [
            "number",
            *(axis.name for axis in self.sweep.axes),
            "status",
            *FIGURES,
            "error",
            "config_hash",
        ]


def refuse_unless_writable(path: Path) -> None:
    """A ConfigError unless the file's ending is one that trials can be written as."""
    if path.suffix not in _WRITERS:
        raise ConfigError(f"--out {path}: expected a file that ends in .parquet, .csv or .json.")


def read_result(reader: LedgerReader, sweep_id: str) -> SweepResult:
    """A sweep from the ledger.

    Raises:
        LedgerError: if there is no such sweep.
    """
    sweep = sweep_named(reader, sweep_id)
    tried = count_tried(reader, sweep.data_hash, sweep.symbols, sweep.first_open_time, sweep.last_close_time)
    return SweepResult(sweep, tuple(trials(reader, sweep.sweep_id)), tried)


def as_metric(metric: Metric | str) -> Metric:
    """A metric by its name.

    Raises:
        ConfigError: if there is none of that name.
    """
    known = [one.value for one in Metric]
    if isinstance(metric, Metric):
        return metric
    if metric not in known:
        raise ConfigError(f"metric: expected one of {', '.join(known)}, was {metric!r}.")
    return Metric(metric)


def _place(trial: Trial, metric: Metric) -> tuple[bool, Amount | int, int]:
    value = metric.of(trial)
    if value is None:
        return True, 0, trial.number
    return False, value if metric.low_is_good else -value, trial.number


def _row(trial: Trial) -> dict[str, Any]:
    return {
        "number": trial.number,
        **trial.parameters,
        "status": trial.status.value,
        **{name: _number(getattr(trial, name)) for name in FIGURES},
        "error": trial.error,
        "config_hash": trial.config_hash,
    }


def _number(value: Amount | int | None) -> float | int | None:
    return float(value) if isinstance(value, Amount) else value


def _as_json(trial: Trial) -> dict[str, Any]:
    figures = {name: getattr(trial, name) for name in FIGURES}
    return {
        "number": trial.number,
        "parameters": dict(trial.parameters),
        "config_hash": trial.config_hash,
        **{name: str(value) if isinstance(value, Amount) else value for name, value in figures.items()},
    }


def _write_parquet(frame: pd.DataFrame, path: Path) -> None:
    frame.to_parquet(path, index=False)


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    frame.to_csv(path, index=False)


def _write_json(frame: pd.DataFrame, path: Path) -> None:
    frame.to_json(path, orient="records", indent=2)


_WRITERS = {".parquet": _write_parquet, ".csv": _write_csv, ".json": _write_json}
