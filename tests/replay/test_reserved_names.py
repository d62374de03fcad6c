"""What an indicator can't be called: every column beside which it stands somewhere."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

import argusnexus as an
from argusnexus.strategy.words import RESERVED_NAMES
from argusnexus.truth.tables import DECISIONS


@pytest.fixture(scope="module")
def run():
    return an.replay(None, "SIM-BTC-USD", end="2023-01-20")


def test_the_frames_columns_are_reserved(run):
    assert set(run.decisions.columns) - {"upper", "lower", "atr", "sma", "volume_ratio"} <= RESERVED_NAMES


def test_the_exports_columns_are_reserved(run, tmp_path):
    run.export(tmp_path, "parquet")
    columns = set(pq.read_schema(tmp_path / "decisions.parquet").names)
    assert columns - {"upper", "lower", "atr", "sma", "volume_ratio"} <= RESERVED_NAMES


def test_the_columns_of_a_decisions_row_are_reserved():
    assert set(DECISIONS.columns) <= RESERVED_NAMES
