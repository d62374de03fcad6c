from __future__ import annotations

import numpy as np
import pytest

from argusnexus.errors import ConfigError, DataError
from argusnexus.market.exporting import write_file
from argusnexus.market.importing import read_candles
from argusnexus.model.candles import Granularity


@pytest.mark.parametrize("name", ["out.parquet", "out.csv"])
def test_what_was_written_reads_the_same(hours, same, tmp_path, name):
    candles = hours([0, 1, 5], granularity=Granularity.parse("4h"))
    write_file(tmp_path / name, candles)
    read = read_candles(tmp_path / name, candles.symbol, candles.granularity)
    assert same(read.candles, candles)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["out.parquet", "out.csv"])
def test_the_mark_of_completeness_is_a_column_of_its_own(hours, tmp_path, name):
    write_file(tmp_path / name, hours(range(3)), np.array([True, False, True]))
    read = read_candles(tmp_path / name, "BTC-USD", None)
    assert (len(read.candles), read.incomplete) == (3, 1)


def test_a_file_that_is_there_is_not_touched(hours, tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("precious")
    with pytest.raises(ConfigError, match="is there already"):
        write_file(path, hours(range(3)))
    assert path.read_text() == "precious"


def test_an_unknown_kind_of_file_and_a_missing_folder_are_refused(hours, tmp_path):
    with pytest.raises(ConfigError, match=r"ends in \.parquet or \.csv\. Did you mean '\.parquet'"):
        write_file(tmp_path / "x.parqet", hours(range(3)))
    with pytest.raises(DataError, match="can't be written"):
        write_file(tmp_path / "none" / "x.csv", hours(range(3)))
