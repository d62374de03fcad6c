from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from filelock import FileLock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from argusnexus.errors import ConfigError, DataError
from argusnexus.market.source import StoredSource
from argusnexus.market.store import CandleStore, SaveOutcome
from argusnexus.model.candles import Granularity

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ONE_HOUR, FOUR_HOURS, ONE_DAY = (Granularity.parse(text) for text in ("1h", "4h", "1d"))


@pytest.fixture
def store(tmp_path):
    return CandleStore(tmp_path / "candles")


def changed(candles):
    return dataclasses.replace(candles, volume=candles.volume + 1.0)


def test_stored_candles_come_back_exactly(store, hours, same):
    candles = hours([0, 1, 2, 7])
    candles.close[1] = np.nextafter(candles.close[1], candles.low[1])
    assert store.save(candles, "btc.csv", NOW) is SaveOutcome.NEW
    assert store.has("BTC-USD", ONE_HOUR)
    loaded = store.load("BTC-USD", ONE_HOUR)
    assert same(loaded, candles)
    assert all(getattr(loaded, name).flags.writeable for name in ("times", "open", "volume"))


def test_the_file_can_be_read_without_argusnexus(store, hours):
    candles = hours([0, 1])
    store.save(candles, "btc.csv", NOW)
    table = pq.read_table(store.root / "BTC-USD_1h.parquet")
    assert table.schema.field("timestamp").type == pa.timestamp("ns", "UTC")
    assert table.column("close").to_pylist() == candles.close.tolist()
    assert table.schema.metadata[b"symbol"] == b"BTC-USD"


def test_an_absent_store_is_an_empty_one(store):
    assert store.stored() == ()
    assert store.granularities() == {}
    assert not store.has("BTC-USD", ONE_HOUR)
    with pytest.raises(DataError, match="BTC-USD 1h isn't stored"):
        store.load("BTC-USD", ONE_HOUR)
    assert not store.root.exists()


def test_what_is_stored_is_listed(store, hours):
    candles = hours([3, 4, 9])
    store.save(candles, "btc.csv", NOW)
    store.save(hours([0], granularity=ONE_DAY), "days.csv", NOW)
    store.save(hours([0, 1], symbol="ADA-USD"), "ada.csv", NOW)
    (store.root / "notes.parquet").write_text("not ours")
    (store.root / "BTC-USD_24h.parquet").write_text("not a name that the store gives")
    (store.root / "BTC_1h.parquet").write_text("no symbol")
    assert store.granularities() == {"ADA-USD": (ONE_HOUR,), "BTC-USD": (ONE_HOUR, ONE_DAY)}
    ada, btc, days = store.stored()
    assert (ada.symbol, btc.granularity, days.granularity) == ("ADA-USD", ONE_HOUR, ONE_DAY)
    assert (btc.rows, btc.first, btc.last) == (3, candles.times[0], candles.times[-1])
    assert (btc.source, btc.imported_at) == ("btc.csv", NOW)
    assert btc.path == store.root / "BTC-USD_1h.parquet"


def test_the_same_candles_again_change_nothing(store, hours):
    candles = hours(range(5))
    store.save(candles, "first.csv", NOW)
    before = (store.root / "BTC-USD_1h.parquet").read_bytes()
    assert store.save(candles, "second.csv", NOW) is SaveOutcome.IDENTICAL
    assert store.save(candles, "second.csv", NOW, replace=True) is SaveOutcome.IDENTICAL
    assert (store.root / "BTC-USD_1h.parquet").read_bytes() == before


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_candles_before_or_after_extend_what_is_stored(store, hours, same, order):
    whole = hours([0, 1, 2, 8, 9])
    parts = (whole.rows(slice(0, 3)), whole.rows(slice(3, 5)))
    store.save(parts[order[0]], "one.csv", NOW)
    assert store.save(parts[order[1]], "other.csv", NOW) is SaveOutcome.EXTENDED
    assert same(store.load("BTC-USD", ONE_HOUR), whole)
    assert store.stored()[0].source == "one.csv, other.csv"


def test_other_candles_of_the_same_time_are_refused_unless_they_replace(store, hours, same):
    old, new = hours(range(5)), changed(hours(range(4, 8)))
    store.save(old, "old.csv", NOW)
    with pytest.raises(DataError, match=r"5 candles .* from old\.csv.* 4 candles .*--replace"):
        store.save(new, "new.csv", NOW)
    assert same(store.load("BTC-USD", ONE_HOUR), old)
    assert store.save(new, "new.csv", NOW, replace=True) is SaveOutcome.REPLACED
    assert same(store.load("BTC-USD", ONE_HOUR), new)
    assert store.stored()[0].source == "new.csv"


def test_candles_with_data_errors_are_kept_as_they_are_but_not_joined(store, hours, same):
    dirty = hours([0, 0])
    store.save(dirty, "twice.csv", NOW)
    assert same(store.load("BTC-USD", ONE_HOUR), dirty)
    with pytest.raises(DataError, match="or one of the two has data errors"):
        store.save(hours([5, 6]), "later.csv", NOW)
    with pytest.raises(DataError, match="has the time of an earlier row"):
        StoredSource(store).candles("BTC-USD", ONE_HOUR)


def test_no_candles_are_no_import(store, hours):
    with pytest.raises(DataError, match="no candles to store"):
        store.save(hours([]), "empty.csv", NOW)
    assert not store.root.exists()


@pytest.mark.parametrize(
    "symbol", ["", "BTC", "../BTC-USD", "BTC/USD", "BTC-", "-USD", "BTC-USD\n", "A-" + "B" * 80]
)
def test_a_symbol_that_is_no_file_name_is_refused(store, hours, symbol):
    for attempt in (
        lambda: store.save(hours([0], symbol=symbol), "x.csv", NOW),
        lambda: store.load(symbol, ONE_HOUR),
        lambda: store.has(symbol, ONE_HOUR),
    ):
        with pytest.raises(ConfigError, match="expected BASE-QUOTE"):
            attempt()
    assert not store.root.exists()


def test_a_symbol_in_lower_case_gets_a_suggestion(store):
    with pytest.raises(ConfigError, match="Did you mean 'BTC-USD'"):
        store.load("btc-usd", ONE_HOUR)


def test_a_second_writer_is_refused_at_once(store, hours):
    store.root.mkdir()
    with FileLock(store.root / "LOCK"), pytest.raises(DataError, match="Another process is writing"):
        store.save(hours([0]), "x.csv", NOW)
    assert store.save(hours([0]), "x.csv", NOW) is SaveOutcome.NEW


def test_readers_do_not_wait_for_a_writer(store, hours, same):
    store.save(hours([0]), "x.csv", NOW)
    with FileLock(store.root / "LOCK"):
        assert same(store.load("BTC-USD", ONE_HOUR), hours([0]))


def test_a_directory_that_cannot_be_made_or_written_is_named(tmp_path, hours):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="can't be written"):
        CandleStore(tmp_path / "file" / "store").save(hours([0]), "x.csv", NOW)
    (tmp_path / "store" / ".BTC-USD_1h.parquet.tmp" / "in the way").mkdir(parents=True)
    with pytest.raises(DataError, match="What was stored is unchanged"):
        CandleStore(tmp_path / "store").save(hours([0]), "x.csv", NOW)


def damaged(store, hours):
    store.save(hours(range(50)), "x.csv", NOW)
    return store.root / "BTC-USD_1h.parquet"


def test_a_file_cut_short_is_never_used(store, hours):
    path = damaged(store, hours)
    path.write_bytes(path.read_bytes()[:-20])
    for attempt in (lambda: store.load("BTC-USD", ONE_HOUR), store.stored):
        with pytest.raises(DataError, match=r"BTC-USD_1h\.parquet is damaged.*--replace"):
            attempt()
    with pytest.raises(DataError, match="is damaged"):
        store.save(hours(range(100, 110)), "y.csv", NOW)


def test_a_damaged_file_can_be_replaced(store, hours, same):
    damaged(store, hours).write_bytes(b"")
    assert store.save(hours(range(3)), "y.csv", NOW, replace=True) is SaveOutcome.REPLACED
    assert same(store.load("BTC-USD", ONE_HOUR), hours(range(3)))


def test_a_damaged_file_leaves_the_others_usable(store, hours, same):
    damaged(store, hours).write_bytes(b"")
    store.save(hours([0], symbol="ADA-USD"), "ada.csv", NOW)
    assert same(store.load("ADA-USD", ONE_HOUR), hours([0], symbol="ADA-USD"))


def test_a_changed_price_is_noticed(store, hours):
    path = damaged(store, hours)
    table = pq.read_table(path)
    doubled = pa.array(np.asarray(table["volume"]) * 2)
    pq.write_table(table.set_column(5, table.schema.field("volume"), doubled), path)
    with pytest.raises(DataError, match="its content hash doesn't hold"):
        store.load("BTC-USD", ONE_HOUR)


def test_a_file_under_another_name_is_noticed(store, hours):
    path = damaged(store, hours)
    path.rename(path.with_name("ETH-USD_1h.parquet"))
    with pytest.raises(DataError, match="it holds BTC-USD 1h, which isn't its name"):
        store.load("ETH-USD", ONE_HOUR)


def test_somebody_elses_file_under_our_name_is_noticed(store):
    store.root.mkdir()
    pq.write_table(pa.table({"timestamp": [1]}), store.root / "BTC-USD_1h.parquet")
    with pytest.raises(DataError, match="is damaged"):
        store.load("BTC-USD", ONE_HOUR)


def test_a_lost_column_is_noticed(store, hours):
    path = damaged(store, hours)
    pq.write_table(pq.read_table(path).drop_columns("volume"), path)
    with pytest.raises(DataError, match="its columns aren't those of stored candles"):
        store.load("BTC-USD", ONE_HOUR)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
@given(st.data())
def test_no_flipped_byte_changes_what_is_loaded(tmp_path, hours, same, data):
    store = CandleStore(tmp_path / "flipped")
    candles = hours(range(50))
    path = store.root / "BTC-USD_1h.parquet"
    path.unlink(missing_ok=True)
    store.save(candles, "x.csv", NOW)
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    with contextlib.suppress(DataError):
        assert same(store.load("BTC-USD", ONE_HOUR), candles)


CHILD = """
import os, resource, signal, sys
from datetime import UTC, datetime
from pathlib import Path
import numpy as np
from argusnexus.market.store import CandleStore
from argusnexus.model.candles import Candles, Granularity
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
{accident}
times = 3600 * 10**9 * np.arange(20_000)
noise = 1 + np.random.default_rng(1).random(20_000)
CandleStore(Path(sys.argv[1])).save(
    Candles("BTC-USD", Granularity.parse("1h"), times, noise, noise, noise, noise, noise),
    "new.csv", datetime(2026, 1, 1, tzinfo=UTC), replace=True,
)
"""
KILLED = "os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)"
DISK_FULL = "resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))"


def save_in_child(store, accident):
    return subprocess.run(
        [sys.executable, "-c", CHILD.format(accident=accident), str(store.root)],
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_writer_killed_halfway_leaves_the_old_candles(store, hours, same):
    store.save(hours(range(5)), "old.csv", NOW)
    assert save_in_child(store, KILLED).returncode == -signal.SIGKILL
    assert same(store.load("BTC-USD", ONE_HOUR), hours(range(5)))
    assert len(store.stored()) == 1
    assert store.save(hours(range(6, 9)), "more.csv", NOW) is SaveOutcome.EXTENDED
    assert {path.name for path in store.root.iterdir()} - {"LOCK"} == {"BTC-USD_1h.parquet"}


def test_a_full_disk_leaves_the_old_candles(store, hours, same):
    store.save(hours(range(5)), "old.csv", NOW)
    child = save_in_child(store, DISK_FULL)
    assert child.returncode == 1
    assert "DataError" in child.stderr
    assert "can't be written" in child.stderr
    assert same(store.load("BTC-USD", ONE_HOUR), hours(range(5)))
    assert not list(store.root.glob("*.tmp"))


def test_an_untroubled_child_saves(store):
    child = save_in_child(store, "")
    assert child.returncode == 0, child.stderr
    assert store.stored()[0].rows == 20_000
