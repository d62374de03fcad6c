from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from filelock import FileLock

from argusnexus.errors import ConfigError, DataError
from argusnexus.market.source import StoredSource
from argusnexus.market.store import CandleStore
from argusnexus.market.stored_series import SeriesState
from argusnexus.market.updating import Outcome
from argusnexus.model.candles import Granularity
from argusnexus.model.spans import Span
from argusnexus.model.times import DAY, HOUR

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ONE_MINUTE, ONE_HOUR, ONE_DAY = (Granularity.parse(text) for text in ("1m", "1h", "1d"))


@pytest.fixture
def store(tmp_path):
    return CandleStore(tmp_path / "candles", patience=0.1)


def changed(candles):
    return dataclasses.replace(candles, volume=candles.volume + 1.0)


def files(store):
    return {str(path.relative_to(store.root)) for path in store.root.rglob("*") if path.is_file()} - {"LOCK"}


def contents(store):
    return {name: (store.root / name).read_bytes() for name in files(store)}


def part_files(store, symbol="BTC-USD", granularity="1h"):
    return sorted((store.root / symbol / granularity).glob("*.parquet"))


def test_stored_candles_come_back_exactly(store, hours, same):
    candles = hours([0, 1, 2, 7])
    candles.close[1] = np.nextafter(candles.close[1], candles.low[1])
    assert store.save(candles, "btc.csv", NOW).outcome is Outcome.NEW
    assert store.has("BTC-USD", ONE_HOUR)
    loaded = store.load("BTC-USD", ONE_HOUR)
    assert same(loaded, candles)
    assert all(getattr(loaded, name).flags.writeable for name in ("times", "open", "volume"))


def test_a_part_can_be_read_without_argusnexus(store, hours):
    candles = hours([0, 1])
    store.save(candles, "btc.csv", NOW)
    (path,) = part_files(store)
    table = pq.read_table(path)
    assert table.schema.field("timestamp").type == pa.timestamp("ns", "UTC")
    assert table.column("close").to_pylist() == candles.close.tolist()
    assert table.schema.metadata[b"symbol"] == b"BTC-USD"


def test_hours_lie_in_a_part_for_each_year_and_minutes_in_one_for_each_month(store, hours, same):
    years = hours(range(-50, 9000, 7))
    months = hours(range(-5, 100_000, 11), granularity=ONE_MINUTE)
    store.save(years, "h.csv", NOW)
    store.save(months, "m.csv", NOW)
    assert [path.name[:5] for path in part_files(store)] == ["2023-", "2024-", "2025-"]
    assert [path.name[:8] for path in part_files(store, granularity="1m")] == [
        "2023-12-",
        "2024-01-",
        "2024-02-",
        "2024-03-",
    ]
    assert same(store.load("BTC-USD", ONE_HOUR), years)
    assert same(store.load("BTC-USD", ONE_MINUTE), months)


def test_adding_to_one_part_leaves_the_others_alone(store, hours):
    whole = hours(range(-50, 50))
    store.save(whole.rows(slice(0, 90)), "x.csv", NOW)
    earlier = part_files(store)[0]
    before = (earlier.read_bytes(), earlier.stat().st_mtime_ns)
    store.save(whole.rows(slice(90, 100)), "y.csv", NOW)
    assert (earlier.read_bytes(), earlier.stat().st_mtime_ns) == before


def test_a_span_is_loaded_from_the_parts_that_it_touches_alone(store, hours, same):
    whole = hours(range(-50, 50))
    store.save(whole, "x.csv", NOW)
    part_files(store)[0].write_bytes(b"damaged")
    start = int(whole.times[60])
    assert same(store.load("BTC-USD", ONE_HOUR, Span(start, start + 5 * HOUR)), whole.rows(slice(60, 65)))
    with pytest.raises(DataError, match="is damaged"):
        store.load("BTC-USD", ONE_HOUR)


def test_an_absent_store_is_an_empty_one(store):
    assert store.stored() == ()
    assert store.granularities() == {}
    assert not store.has("BTC-USD", ONE_HOUR)
    assert store.covered("BTC-USD", ONE_HOUR) == ()
    assert store.extent("BTC-USD", ONE_HOUR) is None
    assert store.conflicts("BTC-USD", ONE_HOUR) == ()
    assert store.missing("BTC-USD", ONE_HOUR, Span(0, DAY)) == (Span(0, DAY),)
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
    for strange in ("BTC-USD/24h", "BTC/1h", "BTC-USD/hours"):
        (store.root / strange).mkdir(parents=True)
        (store.root / strange / "manifest.json").write_text("not ours")
    assert store.granularities() == {"ADA-USD": (ONE_HOUR,), "BTC-USD": (ONE_HOUR, ONE_DAY)}
    ada, btc, days = store.stored()
    assert (ada.symbol, btc.granularity, days.granularity) == ("ADA-USD", ONE_HOUR, ONE_DAY)
    assert (btc.state, btc.manifest.rows) == (SeriesState.COMPLETE, 3)
    assert store.extent("BTC-USD", ONE_HOUR) == Span(candles.times[0], candles.times[-1] + HOUR)
    (source,) = btc.manifest.sources
    assert (source.name, source.first_at, source.rows) == ("btc.csv", NOW, 3)
    assert btc.path == store.root / "BTC-USD" / "1h"


def test_the_same_candles_again_change_nothing(store, hours):
    candles = hours(range(5))
    store.save(candles, "first.csv", NOW)
    before = contents(store)
    for again in (
        store.save(candles, "second.csv", NOW),
        store.save(candles, "second.csv", NOW, replace=True),
        store.save(candles.rows(slice(1, 4)), "some.csv", NOW),
        store.merge(candles, "venue", NOW),
    ):
        assert again.outcome is Outcome.IDENTICAL
    assert contents(store) == before


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_files_that_overlap_and_agree_are_one_series(store, hours, same, order):
    whole = hours([0, 1, 2, 8, 9])
    parts = (whole.rows(slice(0, 4)), whole.rows(slice(2, 5)))
    store.save(parts[order[0]], "one.csv", NOW)
    merge = store.save(parts[order[1]], "other.csv", NOW)
    assert (merge.outcome, merge.identical, merge.conflicts) == (Outcome.EXTENDED, 2, ())
    assert same(store.load("BTC-USD", ONE_HOUR), whole)
    assert [source.name for source in store.stored()[0].manifest.sources] == ["one.csv", "other.csv"]


def test_other_values_of_the_same_time_are_refused_and_recorded(store, hours, same):
    whole = hours(range(8))
    store.save(whole.rows(slice(0, 5)), "old.csv", NOW)
    merge = store.save(changed(whole).rows(slice(4, 8)), "new.csv", NOW)
    assert (merge.added, merge.identical, merge.outcome) == (3, 0, Outcome.EXTENDED)
    (conflict,) = merge.conflicts
    assert conflict.time == whole.times[4]
    assert conflict.refused == conflict.kept._replace(volume=conflict.kept.volume + 1)
    assert (conflict.source, conflict.at) == ("new.csv", NOW)
    assert store.conflicts("BTC-USD", ONE_HOUR) == (conflict,)
    assert store.load("BTC-USD", ONE_HOUR).volume[4] == whole.volume[4]


def test_a_conflict_is_recorded_once_and_told_each_time(store, hours):
    store.save(hours(range(5)), "old.csv", NOW)
    other = changed(hours(range(5)))
    assert store.save(other, "new.csv", NOW).outcome is Outcome.CONFLICTING
    before = contents(store)
    again = store.save(other, "again.csv", NOW)
    assert (len(again.conflicts), again.outcome) == (5, Outcome.CONFLICTING)
    assert contents(store) == before
    store.save(changed(other), "third.csv", NOW)
    assert len(store.conflicts("BTC-USD", ONE_HOUR)) == 10


def test_replacing_leaves_nothing_of_what_was_stored(store, hours, same):
    store.save(hours(range(-5, 5)), "old.csv", NOW)
    new = changed(hours(range(4, 8)))
    store.save(new, "conflicting.csv", NOW)
    assert store.save(new, "new.csv", NOW, replace=True).outcome is Outcome.REPLACED
    assert same(store.load("BTC-USD", ONE_HOUR), new)
    (one,) = store.stored()
    assert ([source.name for source in one.manifest.sources], one.manifest.conflicts) == (["new.csv"], None)


def test_what_a_writer_leaves_is_removed_by_the_next(store, hours):
    whole = hours(range(9))
    for count in (3, 6, 9):
        store.save(whole.rows(slice(0, count)), "x.csv", NOW)
    (store.root / "BTC-USD" / "1h" / ".manifest.json.tmp").write_text("half-written")
    (store.root / "BTC-USD" / "1h" / "mine.txt").write_text("somebody's own")
    store.save(whole, "x.csv", NOW)
    assert len(part_files(store)) == 1
    names = {path.name for path in (store.root / "BTC-USD" / "1h").iterdir()}
    assert names == {part_files(store)[0].name, "manifest.json", "mine.txt"}


def test_candles_with_data_errors_are_kept_as_they_are_but_never_joined(store, hours, same):
    dirty = hours([0, 0, -3])
    assert store.save(dirty, "twice.csv", NOW).outcome is Outcome.NEW
    assert same(store.load("BTC-USD", ONE_HOUR), dirty)
    assert same(store.load("BTC-USD", ONE_HOUR, Span(0, 1)), dirty)
    assert store.stored()[0].state is SeriesState.RAW
    assert store.save(dirty, "again.csv", NOW).outcome is Outcome.IDENTICAL
    with pytest.raises(DataError, match=r"3 candles from twice\.csv\) has data errors.*--replace"):
        store.save(hours([5, 6]), "later.csv", NOW)
    with pytest.raises(DataError, match="has the time of an earlier row"):
        StoredSource(store).candles("BTC-USD", ONE_HOUR)
    assert store.save(hours([5]), "clean.csv", NOW, replace=True).outcome is Outcome.REPLACED
    assert same(store.load("BTC-USD", ONE_HOUR), hours([5]))


def test_candles_with_data_errors_are_never_added_to_stored_ones(store, hours, same):
    store.save(hours([5, 6]), "clean.csv", NOW)
    with pytest.raises(DataError, match=r"2 candles from twice\.csv have data errors: row 1.*--replace"):
        store.save(hours([0, 0]), "twice.csv", NOW)
    with pytest.raises(DataError, match="has the time of an earlier row"):
        store.merge(hours([0, 0]), "venue", NOW)
    assert same(store.load("BTC-USD", ONE_HOUR), hours([5, 6]))
    store.save(hours([0, 0]), "twice.csv", NOW, replace=True)
    assert same(store.load("BTC-USD", ONE_HOUR), hours([0, 0]))


def test_no_candles_are_no_import(store, hours):
    with pytest.raises(DataError, match="no candles to store"):
        store.save(hours([]), "empty.csv", NOW)
    assert not store.root.exists()


@pytest.mark.parametrize(
    "symbol", ["", "BTC", "../BTC-USD", "BTC/USD", "BTC-", "-USD", "BTC-USD\n", "A-" + "B" * 80]
)
def test_a_symbol_that_is_no_folder_name_is_refused(store, hours, symbol):
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


def test_a_second_writer_waits_and_is_then_refused(store, hours):
    store.root.mkdir()
    with FileLock(store.root / "LOCK"), pytest.raises(DataError, match="Another process is writing"):
        store.save(hours([0]), "x.csv", NOW)
    assert store.save(hours([0]), "x.csv", NOW).outcome is Outcome.NEW


def test_readers_do_not_wait_for_a_writer(store, hours, same):
    store.save(hours([0]), "x.csv", NOW)
    with FileLock(store.root / "LOCK"):
        assert same(store.load("BTC-USD", ONE_HOUR), hours([0]))


def test_a_directory_that_cannot_be_made_or_written_is_named(tmp_path, hours):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="can't be written"):
        CandleStore(tmp_path / "file" / "store").save(hours([0]), "x.csv", NOW)
    (tmp_path / "store" / "BTC-USD" / "1h" / ".manifest.json.tmp" / "in the way").mkdir(parents=True)
    with pytest.raises(DataError, match="What was stored is unchanged"):
        CandleStore(tmp_path / "store").save(hours([0]), "x.csv", NOW)
