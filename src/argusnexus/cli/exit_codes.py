"""What the command line's exit codes mean."""

from __future__ import annotations

from enum import IntEnum

from argusnexus.errors import ArgusError, ConfigError, DataError, LedgerError, StrategyError


class ExitCode(IntEnum):
    OK = 0
    FAILED = 1  # any other error
    USAGE = 2  # an option, argument, configuration key or value
    DATA = 3  # candles that are not there or can't be believed
    LEDGER = 4  # the ledger: in use, unknown run, can't be written
    STRATEGY = 5  # a strategy that broke its contract
    INTERRUPTED = 130  # Ctrl-C


EXIT_CODES_HELP = "Exit codes: 0 done; 1 failed; 2 options or configuration; 3 candles; 4 ledger; 5 strategy; 130 interrupted."

_CODES: tuple[tuple[type[ArgusError], ExitCode], ...] = (
    (ConfigError, ExitCode.USAGE),
    (DataError, ExitCode.DATA),
    (LedgerError, ExitCode.LEDGER),
    (StrategyError, ExitCode.STRATEGY),
)


def exit_code_of(error: ArgusError) -> ExitCode:
    """The exit code of an error a user is told."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), ExitCode.FAILED)
