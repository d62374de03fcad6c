"""Slow, exact reference implementation of the replay semantics, used as a test oracle."""

from .engine import simulate
from .model import (
    OracleCandles,
    OracleDataError,
    OracleDecision,
    OracleHalt,
    OracleLayer,
    OracleOpenPosition,
    OracleProduct,
    OracleRun,
    OracleSettings,
    OracleSignal,
    OracleTrade,
)

__all__ = [
    "OracleCandles",
    "OracleDataError",
    "OracleDecision",
    "OracleHalt",
    "OracleLayer",
    "OracleOpenPosition",
    "OracleProduct",
    "OracleRun",
    "OracleSettings",
    "OracleSignal",
    "OracleTrade",
    "simulate",
]
