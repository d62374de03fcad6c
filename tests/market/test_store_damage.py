from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argusnexus.errors import DataError
from argusnexus.market.manifest import Manifest, decode, encode
from argusnexus.market.parts import Part
from argusnexus.market.store import CandleStore
from argusnexus.market.stored_series import SeriesState
from argusnexus.market.updating import Outcome
from argusnexus.model.candles import Candles, Granularity
from argusnexus.model.spans import Span
from argusnexus.model.times import HOUR
from market.old_store import write_old

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
NEW_YEAR = 1_704_067_200_000_000_000  # 2024-01-01 00:00 UTC, where one part ends and another begins
ONE_HOUR = Granularity.parse("1h")


@pytest.fixture
def store(tmp_path):
    return CandleStore(tmp_path / "candles")


@pytest.fixture
def whole(hours):
    return hours(range(-50, 50))


@pytest.fixture
def parts(store, whole):
    """The two files of a stored series: 2023 and 2024."""
    store.save(whole, "x.csv", NOW)
    return sorted((store.root / "BTC-USD" / "1h").glob("*.parquet"))


def truncate(path):
    path.write_bytes(path.read_bytes()[:-20])


def double_volume(path):
    table = pq.read_table(path)
    doubled = pa.array(np.asarray(table["volume"]) * 2)
    pq.write_table(table.set_column(5, table.schema.field("volume"), doubled), path)


def drop_volume(path):
    pq.write_table(pq.read_table(path).drop_columns("volume"), path)


DAMAGES = {
    "cut short": (truncate, "can't be read"),
    "empty": (lambda path: path.write_bytes(b""), "can't be read"),
    "lost": (lambda path: path.unlink(), "isn't there"),
    "changed": (double_volume, "content hash doesn't hold"),
    "a column less": (drop_volume, "columns aren't those"),
    "something else": (
        lambda path: pq.write_table(pa.table({"timestamp": [1]}), path),
        "columns aren't those",
    ),
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_damaged_part_is_named_and_never_used(store, parts, kind):
    do, reason = DAMAGES[kind]
    do(parts[0])
    with pytest.raises(DataError) as caught:
        store.load("BTC-USD", ONE_HOUR)
    told = str(caught.value)
    assert str(parts[0]) in told
    assert reason in told
    assert "50 candles of BTC-USD 1h, 2023-12-29T22:00:00Z to 2024-01-01T00:00:00Z" in told
    assert "`argus data fetch --symbols BTC-USD --granularity 1h --start 2023-12-29 --end 2023-12-31`" in told


def test_a_damaged_part_under_another_ones_name_is_noticed(store, parts):
    shutil.copy(parts[1], parts[0])
    with pytest.raises(DataError, match="content hash doesn't hold"):
        store.load("BTC-USD", ONE_HOUR)


def test_a_damaged_series_is_listed_and_so_are_the_others(store, parts, hours):
    store.save(hours([0], symbol="ADA-USD"), "ada.csv", NOW)
    parts[0].write_bytes(b"")
    ada, btc = store.stored()
    assert (ada.state, ada.damages) == (SeriesState.COMPLETE, ())
    assert (btc.state, btc.manifest.rows, len(btc.damages)) == (SeriesState.DAMAGED, 100, 1)
    assert str(parts[0]) in btc.damages[0]


def test_what_a_damaged_part_held_is_missing(store, parts):
    truncate(parts[0])
    lost = Span(NEW_YEAR - 50 * HOUR, NEW_YEAR)
    assert store.missing("BTC-USD", ONE_HOUR, Span(NEW_YEAR - 60 * HOUR, NEW_YEAR + 10 * HOUR)) == (
        Span(NEW_YEAR - 60 * HOUR, NEW_YEAR),
    )
    assert store.missing("BTC-USD", ONE_HOUR, lost) == (lost,)
    assert store.missing("BTC-USD", ONE_HOUR, Span(NEW_YEAR, NEW_YEAR + HOUR)) == ()


def test_fetching_or_importing_it_again_mends_a_damaged_part_bit_by_bit(store, parts, whole, same):
    double_volume(parts[0])
    store.merge(
        whole.rows(slice(0, 20)), "venue", NOW, asked=Span(NEW_YEAR - 50 * HOUR, NEW_YEAR - 30 * HOUR)
    )
    assert same(store.load("BTC-USD", ONE_HOUR), whole.rows(np.r_[0:20, 50:100]))
    assert store.missing("BTC-USD", ONE_HOUR, Span(NEW_YEAR - 50 * HOUR, NEW_YEAR)) == (
        Span(NEW_YEAR - 30 * HOUR, NEW_YEAR),
    )
    store.save(whole, "x.csv", NOW)
    assert same(store.load("BTC-USD", ONE_HOUR), whole)
    assert store.stored()[0].state is SeriesState.COMPLETE
    assert len(list(parts[0].parent.glob("*.damaged"))) == 1


def test_an_answer_without_candles_mends_a_damaged_part_too(store, parts, hours):
    parts[0].unlink()
    asked = Span(NEW_YEAR - 50 * HOUR, NEW_YEAR)
    store.merge(hours([]), "venue", NOW, asked=asked)
    assert store.missing("BTC-USD", ONE_HOUR, asked) == ()
    assert len(store.load("BTC-USD", ONE_HOUR)) == 50


def test_a_damaged_part_does_not_hinder_adding_to_another(store, parts, hours, same):
    truncate(parts[0])
    later = hours(range(60, 70))
    store.save(later, "y.csv", NOW)
    assert same(store.load("BTC-USD", ONE_HOUR, Span(NEW_YEAR + 60 * HOUR, NEW_YEAR + 99 * HOUR)), later)
    with pytest.raises(DataError, match="is damaged"):
        store.load("BTC-USD", ONE_HOUR)


def test_a_damaged_series_can_be_replaced(store, parts, whole, same):
    truncate(parts[0])
    (parts[0].parent / "manifest.json").write_text("{")
    assert store.save(whole, "x.csv", NOW, replace=True).outcome is Outcome.REPLACED
    assert same(store.load("BTC-USD", ONE_HOUR), whole)


def with_format(text, number):
    return json.dumps(json.loads(text) | {"format": number})


MANIFESTS = {
    "cut short": (lambda text: text[:-40], "can't be read"),
    "empty": (lambda _text: "", "can't be read"),
    "not its own": (lambda _text: "[1, 2]", "can't be read"),
    "changed": (lambda text: text.replace('"rows": 50', '"rows": 51'), "checksum doesn't hold"),
    "newer": (lambda text: with_format(text, 99), "format is 99"),
}


@pytest.mark.parametrize("kind", MANIFESTS)
def test_an_unreadable_manifest_is_named_and_what_to_do_about_it(store, parts, whole, kind):
    change, reason = MANIFESTS[kind]
    path = parts[0].parent / "manifest.json"
    path.write_text(change(path.read_text()))
    for attempt in (
        lambda: store.load("BTC-USD", ONE_HOUR),
        lambda: store.covered("BTC-USD", ONE_HOUR),
        lambda: store.save(whole, "x.csv", NOW),
    ):
        with pytest.raises(DataError, match=rf"manifest\.json is damaged.*{reason}.*--replace"):
            attempt()
    (listed,) = store.stored()
    assert (listed.state, listed.manifest, listed.missing_parts) == (SeriesState.DAMAGED, None, 0)
    assert parts[0].exists()


def test_a_manifest_that_is_no_file_is_named(store, parts):
    path = parts[0].parent / "manifest.json"
    path.unlink()
    path.mkdir()
    with pytest.raises(DataError, match=r"manifest\.json is damaged.*can't be read"):
        store.load("BTC-USD", ONE_HOUR)


def test_a_manifest_names_nothing_outside_of_its_folder(parts):
    strange = Manifest("BTC-USD", "1h", (Part("../../2024-0123456789ab.parquet", 1, 0, 0, ""),))
    with pytest.raises(DataError, match="is no file of a series"):
        decode(encode(strange))


def test_a_manifest_in_another_series_folder_is_noticed(store, parts):
    shutil.copytree(store.root / "BTC-USD", store.root / "ETH-USD")
    with pytest.raises(DataError, match="it is about BTC-USD 1h, which isn't its folder"):
        store.load("ETH-USD", ONE_HOUR)


def test_a_damaged_record_of_conflicts_is_named_when_it_is_needed(store, parts, whole, hours):
    other = Candles(whole.symbol, whole.granularity, whole.times, *[whole.open + 1] * 4, whole.volume)
    store.save(other, "y.csv", NOW)
    (path,) = parts[0].parent.glob("conflicts-*.json")
    content = path.read_bytes()
    for damage in (lambda: path.write_bytes(content + b" "), path.unlink):
        damage()
        for attempt in (
            lambda: store.conflicts("BTC-USD", ONE_HOUR),
            lambda: store.save(other, "z.csv", NOW),
        ):
            with pytest.raises(DataError, match=r"conflicts-.*is damaged.*--replace"):
                attempt()
    assert len(store.load("BTC-USD", ONE_HOUR)) == 100
    assert store.save(hours(range(60, 62)), "more.csv", NOW).added == 2


@settings(max_examples=200)
@given(st.data())
def test_no_flipped_byte_changes_what_is_loaded(hours, same, data):
    candles = hours(range(-20, 30))
    with TemporaryDirectory() as folder:
        store = CandleStore(Path(folder))
        store.save(candles, "x.csv", NOW)
        covered = store.covered("BTC-USD", ONE_HOUR)
        files = sorted(path for path in Path(folder).glob("*/*/*") if path.is_file())
        path = data.draw(st.sampled_from(files))
        content = bytearray(path.read_bytes())
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
        path.write_bytes(content)
        with contextlib.suppress(DataError):
            assert same(store.load("BTC-USD", ONE_HOUR), candles)
            assert store.covered("BTC-USD", ONE_HOUR) == covered


def test_a_series_of_the_old_layout_is_used_as_it_is(store, whole, same):
    path = write_old(store.root, whole)
    assert store.granularities() == {"BTC-USD": (ONE_HOUR,)}
    assert store.has("BTC-USD", ONE_HOUR)
    assert same(store.load("BTC-USD", ONE_HOUR), whole)
    assert store.covered("BTC-USD", ONE_HOUR) == (Span(NEW_YEAR - 50 * HOUR, NEW_YEAR + 50 * HOUR),)
    (listed,) = store.stored()
    assert (listed.state, listed.manifest.rows, listed.path) == (SeriesState.COMPLETE, 100, path)
    assert store.save(whole, "again.csv", NOW).outcome is Outcome.IDENTICAL
    assert path.exists()


def test_the_first_change_takes_the_old_layout_over(store, hours, same):
    whole = hours(range(-50, 60))
    path = write_old(store.root, whole.rows(slice(0, 100)))
    assert store.save(whole, "more.csv", NOW).added == 10
    assert same(store.load("BTC-USD", ONE_HOUR), whole)
    assert not path.exists()
    old, _new = store.stored()[0].manifest.sources
    assert (old.name, old.rows, old.first_at) == ("old.csv", 100, datetime(2025, 5, 5, tzinfo=UTC))


def test_a_conflict_alone_takes_the_old_layout_over_too(store, whole, same):
    write_old(store.root, whole)
    other = Candles(whole.symbol, whole.granularity, whole.times, *[whole.open + 1] * 4, whole.volume)
    assert len(store.save(other, "other.csv", NOW).conflicts) == 100
    assert same(store.load("BTC-USD", ONE_HOUR), whole)
    assert len(store.conflicts("BTC-USD", ONE_HOUR)) == 100


def test_old_candles_with_data_errors_stay_apart(store, hours, same):
    dirty = hours([3, 0, 0])
    path = write_old(store.root, dirty)
    assert store.stored()[0].state is SeriesState.RAW
    assert same(store.load("BTC-USD", ONE_HOUR, Span(0, 1)), dirty)
    with pytest.raises(DataError, match="has data errors, so nothing can be joined"):
        store.save(hours([9]), "x.csv", NOW)
    assert store.save(dirty, "x.csv", NOW).outcome is Outcome.IDENTICAL
    assert path.exists()
    store.save(hours([9]), "x.csv", NOW, replace=True)
    assert not path.exists()
    assert same(store.load("BTC-USD", ONE_HOUR), hours([9]))


@pytest.mark.parametrize("kind", ["cut short", "empty", "changed", "something else"])
def test_a_damaged_file_of_the_old_layout_is_never_used(store, whole, hours, kind):
    path = write_old(store.root, whole)
    DAMAGES[kind][0](path)
    for attempt in (
        lambda: store.load("BTC-USD", ONE_HOUR),
        lambda: store.save(hours([99]), "x.csv", NOW),
    ):
        with pytest.raises(DataError, match=r"BTC-USD_1h\.parquet is damaged.*--replace"):
            attempt()
    assert store.stored()[0].state is SeriesState.DAMAGED
    assert store.save(whole, "x.csv", NOW, replace=True).outcome is Outcome.REPLACED


def test_an_old_file_under_another_name_is_noticed(store, whole):
    path = write_old(store.root, whole)
    path.rename(path.with_name("ETH-USD_1h.parquet"))
    with pytest.raises(DataError, match="it holds BTC-USD 1h, which isn't its name"):
        store.load("ETH-USD", ONE_HOUR)


def test_an_old_file_that_a_kill_left_beside_its_successor_is_not_believed(store, hours, whole, same):
    path = write_old(store.root, whole)
    content = path.read_bytes()
    longer = hours(range(50, 70))
    store.save(longer, "x.csv", NOW)
    path.write_bytes(content)
    assert len(store.load("BTC-USD", ONE_HOUR)) == 120
    store.save(hours(range(80, 90)), "y.csv", NOW)
    assert not path.exists()
    assert len(store.load("BTC-USD", ONE_HOUR)) == 130


WRITER = """
import os, resource, signal, sys
from datetime import UTC, datetime
from pathlib import Path
import numpy as np
from argusnexus.market.store import CandleStore
from argusnexus.model.candles import Candles, Granularity
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
{accident}
first = {new_year} - 10_000 * 3600 * 10**9
times = first + 3600 * 10**9 * np.arange(20_000)
noise = 1 + np.random.default_rng(1).random(20_000)
print("ready", flush=True)
CandleStore(Path(sys.argv[1])).{what}(
    Candles("BTC-USD", Granularity.parse("1h"), times, noise, noise, noise, noise, noise),
    "new.csv", datetime(2026, 1, 1, tzinfo=UTC),
)
"""
DISK_FULL = "resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))"
KILLED_AT_SYNC = """
left, sync = {number}, os.fsync
def fsync(descriptor):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    sync(descriptor)
os.fsync = fsync
"""


def child(store, accident="", what="save"):
    code = WRITER.format(accident=accident, new_year=NEW_YEAR, what=what)
    return subprocess.Popen(
        [sys.executable, "-c", code, str(store.root)],
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_full_disk_leaves_the_old_candles(store, whole, same):
    store.save(whole, "old.csv", NOW)
    process = child(store, DISK_FULL)
    _out, err = process.communicate()
    assert process.returncode == 1
    assert "DataError" in err
    assert "can't be written" in err
    assert same(store.load("BTC-USD", ONE_HOUR), whole)
    assert not list(store.root.rglob("*.tmp"))


def test_a_writer_killed_at_any_step_leaves_the_old_state_or_the_new_one(tmp_path, whole, same):
    """A writer is killed before each of its syncs to the disk in turn, until one gets through."""
    rows = []
    for number in range(30):
        store = CandleStore(tmp_path / str(number))
        write_old(store.root, whole)
        process = child(store, KILLED_AT_SYNC.format(number=number))
        process.communicate()
        loaded = store.load("BTC-USD", ONE_HOUR)
        assert same(loaded.between(NEW_YEAR - 50 * HOUR, NEW_YEAR + 50 * HOUR), whole)
        assert [one.state for one in store.stored()] == [SeriesState.COMPLETE]
        rows.append(len(loaded))
        if process.returncode == 0:
            break
        assert process.returncode == -signal.SIGKILL
        store.save(whole.rows(slice(0, 1)), "next.csv", NOW)
    assert len(rows) > 10
    assert set(rows[:-2]) == {100}
    assert rows[-2:] == [20_000, 20_000]


def kill_at_random(folder, whole, same, rng, times):
    for number in range(times):
        store = CandleStore(folder / str(number))
        store.save(whole, "old.csv", NOW)
        process = child(store)
        process.stdout.readline()
        time.sleep(rng.uniform(0, 0.06))
        process.kill()
        process.communicate()
        loaded = store.load("BTC-USD", ONE_HOUR)
        assert len(loaded) in {100, 20_000}
        assert same(loaded.between(NEW_YEAR - 50 * HOUR, NEW_YEAR + 50 * HOUR), whole)
        store.save(whole.rows(slice(0, 1)), "next.csv", NOW)
        assert not list(store.root.rglob("*.tmp"))


def test_a_writer_killed_at_random_leaves_the_old_state_or_the_new_one(tmp_path, whole, same):
    kill_at_random(tmp_path, whole, same, np.random.default_rng(1), 3)


@pytest.mark.campaign
def test_a_writer_killed_at_random_very_often_leaves_the_old_state_or_the_new_one(tmp_path, whole, same):
    kill_at_random(tmp_path, whole, same, np.random.default_rng(2), 200)


def test_a_reader_meets_whole_states_while_another_writes(tmp_path, hours):
    store = CandleStore(tmp_path / "candles")
    whole = hours(range(400))
    store.save(whole.rows(slice(0, 1)), "x.csv", NOW)
    stop = threading.Event()

    def write():
        for row in range(1, 100):
            CandleStore(store.root).save(whole.rows(slice(row, row + 1)), "x.csv", NOW)
        stop.set()

    writer = threading.Thread(target=write)
    writer.start()
    counts = []
    while not stop.is_set():
        counts.append(len(store.load("BTC-USD", ONE_HOUR)))
        assert store.missing("BTC-USD", ONE_HOUR, Span(NEW_YEAR, NEW_YEAR + HOUR)) == ()
    writer.join()
    assert counts == sorted(counts)
    assert len(store.load("BTC-USD", ONE_HOUR)) == 100
