"""The days of a replay, as Python users give them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest

import argusnexus as an
from argusnexus.errors import ConfigError
from argusnexus.replay.market import as_date


@pytest.mark.parametrize(
    "given",
    [
        "2024-12-31",
        date(2024, 12, 31),
        datetime(2024, 12, 31, 23, 59),  # noqa: DTZ001 (a naive time is UTC)
        datetime(2025, 1, 1, 1, tzinfo=timezone(timedelta(hours=2))),
        pd.Timestamp("2024-12-31", tz=UTC),
    ],
)
def test_a_day_is_a_text_a_date_or_a_time_in_it(given):
    assert as_date("end", given) == date(2024, 12, 31)


@pytest.mark.parametrize(
    "given",
    [
        5,
        5.0,
        True,
        b"2024-12-31",
        "2024-13-01",
        "",
        ["2024-12-31"],
        np.datetime64("2024-12-31"),
        pd.NaT,
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-2))),
    ],
)
def test_anything_else_is_refused_by_name(given):
    with pytest.raises(ConfigError, match=r"^start: expected a date like 2024-12-31, was "):
        as_date("start", given)


def test_a_replay_refuses_a_number_for_a_day():
    with pytest.raises(ConfigError, match=r"start: expected a date like 2024-12-31, was 5\."):
        an.replay(None, "SIM-BTC-USD", start=5)
