"""What a Python user types, and what comes of it."""

from __future__ import annotations

import gc
import io
import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

import argusnexus as an
from argusnexus.config import Settings
from argusnexus.errors import ArgusError, ConfigError, DataError, LedgerError, LookAheadError, StrategyError
from argusnexus.market.store import CandleStore
from argusnexus.model.frames import to_frame
from argusnexus.replay import ReplayRunner
from argusnexus.replay.result import ReplayResult
from argusnexus.truth.queries import LedgerReader
from replay.recorded_runs import BUSY, NOW, sample_hours, verified

ROOT = Path(__file__).resolve().parents[2]
BTC, ETH = "SIM-BTC-USD", "SIM-ETH-USD"


@dataclass(frozen=True)
class Breakout(an.Strategy):
    window: int = 20

    def signals(self, candles):
        high = an.indicators.highest_before(candles.high, self.window)
        spread = an.indicators.atr(candles.high, candles.low, candles.close, 14)
        return an.Signals(
            entry=candles.close > high,
            entry_price=candles.close,
            stop=candles.close - 2 * spread,
            take_profit=candles.close + 4 * spread,
            warmup=self.window,
            indicators={"high": high},
            conditions=(an.Condition("breakout", "close", an.Comparison.ABOVE, "high"),),
        )


@dataclass(frozen=True)
class Prophet(Breakout):
    def signals(self, candles):
        honest = super().signals(candles)
        return replace(honest, entry=np.roll(candles.close, -1) > candles.close)


@pytest.fixture(scope="module")
def run():
    """Two symbols of the sample market, one account each."""
    return an.replay(Breakout(30), [BTC, ETH], end="2023-04-30")


@pytest.fixture(scope="module")
def hours():
    return sample_hours(BTC, 0, 1_500)


def same_trades(one, other):
    """Alike but for ids, which carry the run's."""
    columns = [
        "symbol",
        "entry_timestamp",
        "entry_price",
        "exit_timestamp",
        "exit_price",
        "quantity",
        "net_pnl",
    ]
    pd.testing.assert_frame_equal(one.trades[columns], other.trades[columns], check_exact=True)
    assert len(one.trades) > 5


class TestWhatIsGiven:
    def test_nothing_is_the_sample_market_with_the_usual_strategy(self):
        run = an.replay(end="2023-01-31")
        assert run.run.symbols == ("SIM-BTC-USD", "SIM-ETH-USD", "SIM-SOL-USD")
        assert run.run.config["strategy"]["name"] == "donchian"
        assert run.run.data_integrity == "synthetic"

    def test_candles_frames_and_stored_symbols_are_the_same_run(self, hours, tmp_path):
        CandleStore(tmp_path / "data" / "cache").save(hours, "a file", NOW)
        frame = to_frame(hours)
        stored = an.replay(Breakout(), "BTC-USD", granularity="1h", data_dir=tmp_path / "data")
        given = [
            an.replay(Breakout(), hours),
            an.replay(Breakout(), [hours]),
            an.replay(Breakout(), frame, symbol="BTC-USD"),
            an.replay(Breakout(), frame.set_index("timestamp"), symbol="BTC-USD"),
            an.replay(Breakout(), {"BTC-USD": frame}),
            an.replay(Breakout(), {"BTC-USD": hours}),
        ]
        for one in given:
            same_trades(stored, one)
            assert one.run.data_hash == stored.run.data_hash
            assert one.run.granularity == "1h"

    def test_it_is_the_same_run_as_the_runner_makes(self, run, tmp_path):
        settings = Settings(strategy=Breakout(30))
        with ReplayRunner(
            tmp_path / "x.db", [BTC, ETH], None, "2023-04-30", 500, granularity="1h", settings=settings
        ) as runner:
            runner.run()
        same_trades(run, an.open_run(tmp_path / "x.db"))

    def test_days_capital_mode_and_longer_candles(self, hours):
        run = an.replay(
            Breakout(20), {"BTC-USD": hours, "ETH-USD": sample_hours(ETH, 0, 1_500)},
            start=date(2023, 1, 3), end=pd.Timestamp("2023-02-20", tz="UTC"), granularity="2h",
            capital="1000.50", capital_mode="portfolio",
        )  # fmt: skip
        assert (run.run.start_date, run.run.end_date, run.run.granularity) == (
            "2023-01-03",
            "2023-02-20",
            "2h",
        )
        assert run.equity.columns.tolist() == ["portfolio"]
        assert run.equity.iloc[0, 0] == 1000.5
        assert run.decisions["open_time"].min() == pd.Timestamp("2023-01-03", tz="UTC")

    def test_settings_are_objects_or_dicts_and_win_over_settings(self, hours):
        run = an.replay(
            None,
            hours,
            settings=BUSY,
            risk={"risk_per_trade": 0.005},
            execution=an.ExecutionConfig(entry_type=an_entry()),
        )
        config = run.run.config
        assert config["strategy"]["entry_period"] == 10
        assert (config["risk"]["risk_per_trade"], config["execution"]["entry_type"]) == (0.005, "market")

    def test_a_market_of_one_s_own_with_its_product(self, hours):
        product = {
            "base_increment": "0.1",
            "quote_increment": "0.01",
            "min_market_funds": "1",
            "max_market_funds": "1000",
        }
        run = an.replay(
            Breakout(), replace(hours, symbol="ADA-USD"), products={"ADA-USD": product}, capital=10**6
        )
        assert (run.trades["quantity"] * 10 % 1 < 1e-6).all()

    def test_a_class_and_a_name_stand_for_a_strategy(self, hours, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        assert an.replay(Breakout, hours).run.config["strategy"]["window"] == 20
        assert an.replay("donchian", hours).run.config["strategy"]["name"] == "donchian"

    @pytest.mark.parametrize(
        ("words", "error", "said"),
        [
            ({"strategy": 5}, StrategyError, "extends argusnexus.Strategy, was int"),
            ({"strategy": dict}, StrategyError, "was dict"),
            ({"strategy": "donchain"}, ConfigError, "Did you mean 'donchian'"),
            ({"strategy": Prophet(20)}, LookAheadError, "entry"),
            ({"risk": {"risk_per_tade": 0.1}}, ConfigError, "Did you mean 'risk_per_trade'"),
            ({"risk": {"risk_per_trade": 5}}, ConfigError, "if 5 % was meant, write 0.05"),
            ({"risk": 5}, ConfigError, "risk: expected RiskConfig or a dict"),
            ({"execution": {"entry_typ": "limit"}}, ConfigError, "Did you mean 'entry_type'"),
            ({"products": {"BTC-USD": {"base_increment": "1"}}}, ConfigError, "missing"),
            ({"data": 5}, ConfigError, "data: expected a symbol .* was int"),
            ({"data": []}, ConfigError, "an empty list"),
            ({"data": [1, 2]}, ConfigError, "a collection with int"),
            ({"data": pd.DataFrame({"a": [1]})}, ConfigError, "give symbol="),
            ({"data": pd.DataFrame({"a": [1]}), "symbol": "BTC-USD"}, DataError, "has no column timestamp"),
            ({"symbol": "BTC-USD"}, ConfigError, "symbol= names the market of a DataFrame"),
            ({"data": "NO-SUCH"}, ConfigError, r"from Python: products="),
            ({"data": "BTC-USD", "data_dir": "nowhere"}, DataError, "No candles of 'BTC-USD' are stored"),
            ({"start": "soon"}, ConfigError, "start: expected a date"),
            ({"granularity": "45m"}, DataError, "sample market has 1h"),
            ({"capital": -1}, ConfigError, "capital: expected an amount above 0"),
            ({"capital_mode": "shared"}, ConfigError, "capital_mode: expected independent or portfolio"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_used_is_said_in_a_python_user_s_words(self, words, error, said):
        with pytest.raises(error, match=said):
            an.replay(**{"data": BTC, "end": "2023-02-28"} | words)

    def test_a_strategy_without_its_parameters_is_asked_for(self, hours):
        @dataclass(frozen=True)
        class Bare(an.Strategy):
            window: int

            signals = Breakout.signals

        with pytest.raises(StrategyError, match=r"give an instance, Bare\(\.\.\.\)"):
            an.replay(Bare, hours)

    def test_frames_and_candles_that_cannot_be_used(self, hours):
        with pytest.raises(DataError, match="no two times"):
            an.replay(None, to_frame(hours.rows(slice(1))), symbol="BTC-USD")
        with pytest.raises(ConfigError, match="name them alike"):
            an.replay(None, {"ETH-USD": hours})
        close = hours.close.copy()
        close[3] = -1.0
        with pytest.raises(DataError, match="row 3"):
            an.replay(None, replace(hours, close=close))
        with pytest.raises(ConfigError, match=r"expected a whole multiple of 1h"):
            an.replay(None, hours, granularity="90m")


def an_entry():
    from argusnexus.model.orders import EntryType

    return EntryType.MARKET


class TestFrames:
    def test_trades_are_the_ledger_s_with_types(self, run):
        trades = run.trades
        exact = run.reader.trades(run.run_id)
        assert trades["trade_id"].tolist() == [trade.trade_id for trade in exact]
        earned = [float(trade.net_pnl) for trade in exact if trade.net_pnl is not None]
        assert trades["net_pnl"].dropna().tolist() == earned
        assert str(trades["entry_timestamp"].dtype) == "datetime64[ns, UTC]"
        assert trades["entry_timestamp"].tolist() == [trade.entry_timestamp for trade in exact]
        assert trades["is_winner"].dtype == "boolean"
        assert trades["quantity"].dtype == np.float64

    def test_decisions_are_rows_and_tape_as_one(self, run):
        decisions = run.decisions
        told = list(run.reader.decisions(run.run_id))
        assert decisions["timestamp"].tolist() == [one.timestamp for one in told]
        assert decisions["symbol"].tolist() == [one.symbol for one in told]
        assert decisions["result"].tolist() == [one.result.name for one in told]
        assert decisions["reason"].tolist() == [one.result_reason for one in told]
        rows = decisions[decisions["decision_id"].notna()]
        assert rows["decision_id"].tolist() == [
            one.decision_id for one in told if one.risk_checks or one.order_id
        ]
        seen = [one.signal_values.get("high") for one in told]
        assert decisions["high"].tolist()[60:] == seen[60:]
        held = [one.market_context.get("phase") for one in told if one.decision_id.startswith("tape")]
        assert decisions["phase"][decisions["decision_id"].isna()].tolist() == held

    def test_orders_and_fills_are_the_ledger_s(self, run):
        assert run.orders["payload"].dropna().iloc[0]["product_id"] in {BTC, ETH}
        assert set(run.fills["order_id"]) <= set(run.orders["order_id"])
        assert (run.fills["price"] > 0).all()

    def test_equity_has_a_column_an_account_and_no_holes(self, run):
        assert run.equity.columns.tolist() == [BTC, ETH]
        assert not run.equity.isna().any().any()
        assert run.equity.index.is_monotonic_increasing
        curve = run.reader.equity(run.run_id)[BTC]
        own = run.equity.loc[pd.DatetimeIndex(curve.as_of.astype("datetime64[ns]")).tz_localize("UTC"), BTC]
        assert own.tolist() == curve.equity.tolist()

    def test_a_run_without_trades_has_the_same_columns_and_types(self, run):
        quiet = an.replay(Breakout(3_000), BTC, end="2023-01-31")
        for name in ("trades", "orders", "fills"):
            there, here = getattr(run, name).dtypes, getattr(quiet, name).dtypes
            assert there.index.tolist() == here.index.tolist()
            kinds = {column for column in there.index if there[column].kind in "fMb"}
            assert all(there[column] == here[column] for column in kinds)
        assert len(quiet.trades) == 0
        assert len(quiet.decisions) == 31 * 24


class TestTheRun:
    def test_report_and_audit(self, run):
        assert run.report.to_dict()["run_id"] == run.run_id
        assert not run.audit().findings

    def test_why_of_a_trade_by_its_id_its_row_and_its_tuple(self, run):
        row = run.trades.iloc[0]
        told = [run.why(one) for one in (row["trade_id"], row, row.to_dict(), next(run.trades.itertuples()))]
        assert len({repr(one) for one in told}) == 1
        assert row["trade_id"] in repr(told[0])
        assert json.dumps(told[0].to_dict())
        assert told[0]._repr_html_().startswith("<pre")

    @pytest.mark.parametrize(
        "at", ["2023-03-01T12:00", datetime(2023, 3, 1, 12, tzinfo=UTC), pd.Timestamp("2023-03-01 12:00")]
    )
    def test_why_of_a_candle_by_its_time(self, run, at):
        assert "2023-03-01 12:00" in repr(run.why(symbol=BTC, at=at))

    def test_why_says_what_it_needs(self, run):
        for words in ({}, {"symbol": BTC}, {"trade": "x", "symbol": BTC, "at": "2023-03-01"}):
            with pytest.raises(ConfigError, match="expected a trade"):
                run.why(**words)
        with pytest.raises(ConfigError, match="trade_id or a row"):
            run.why(5)
        with pytest.raises(ConfigError, match="at: expected a time"):
            run.why(symbol=BTC, at="noon")
        with pytest.raises(LedgerError, match="trade"):
            run.why("no such trade")

    def test_it_shows_itself_in_a_line_and_in_a_notebook_as_its_report(self, run):
        assert re.fullmatch(
            rf"<ReplayResult {run.run_id}: {BTC}, {ETH} 1h, \d+ closed trades, net .* USD>", repr(run)
        )
        file = io.StringIO()
        Console(file=file, width=120).print(run)
        assert file.getvalue().startswith(f"{run.run_id}: ")
        html = run._repr_html_()
        assert html.startswith("<pre style=")
        assert run.run_id in html
        assert "SYNTHETIC" in html
        colours = {
            int(two, 16)
            for text in re.findall(r"#([0-9a-f]{6})", html)
            for two in (text[:2], text[2:4], text[4:])
        }
        assert colours
        assert "background" not in html

    def test_markup_in_a_name_stays_text(self, hours):
        @dataclass(frozen=True)
        class Sly(Breakout):
            name = "<script>alert(1)</script>"

        run = an.replay(Sly(), hours)
        assert "<script" not in run._repr_html_()
        assert "<script" not in run.why(run.trades.iloc[0])._repr_html_()

    def test_saved_it_is_a_ledger_like_any_other(self, run, tmp_path):
        path = run.save(tmp_path / "kept" / "my.db")
        with an.open_run(path, run.run_id[-4:]) as again:
            pd.testing.assert_frame_equal(again.trades, run.trades)
            pd.testing.assert_frame_equal(again.decisions, run.decisions)
            assert not again.audit().findings
        with pytest.raises(LedgerError, match=r"has run .* already"):
            run.save(path)
        with pytest.raises(ConfigError, match="path of a file"):
            run.save(":memory:")

    def test_kept_in_a_file_it_can_be_verified(self, tmp_path):
        run = an.replay(None, BTC, end="2023-03-31", settings=BUSY, db_path=tmp_path / "my.db")
        assert len(run.trades) > 5
        assert verified(tmp_path / "my.db", run.run_id, tmp_path).identical

    def test_open_run_takes_the_newest_and_says_what_is_not_there(self, tmp_path):
        for _ in range(2):
            newest = an.replay(None, BTC, end="2023-01-05", db_path=tmp_path / "my.db")
        assert an.open_run(tmp_path / "my.db").run_id == newest.run_id
        with pytest.raises(LedgerError, match="There is no ledger"):
            an.open_run(tmp_path / "none.db")
        with pytest.raises(LedgerError, match="has no run 'x'"):
            an.open_run(tmp_path / "my.db", "x")

    def test_a_closed_one_says_so_and_keeps_what_was_read(self, hours):
        run = an.replay(Breakout(), hours)
        trades = run.trades
        run.close()
        assert run.trades is trades
        with pytest.raises(ArgusError, match="closed"):
            run.orders  # noqa: B018

    def test_nothing_is_left_on_the_disk(self, tmp_path, monkeypatch, hours):
        for name in ("TMPDIR", "HOME"):
            (tmp_path / name).mkdir()
            monkeypatch.setenv(name, str(tmp_path / name))
        (tmp_path / "here").mkdir()
        monkeypatch.chdir(tmp_path / "here")
        monkeypatch.setattr(tempfile, "tempdir", None)
        run = an.replay(Breakout(), hours, native=False)
        assert len(run.trades)
        assert len(run.decisions)
        assert run.why(run.trades.iloc[0])
        assert run.report
        assert run.audit().clean
        del run
        gc.collect()
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []

    def test_a_strategy_that_fails_leaves_no_ledger_open(self, hours):
        @dataclass(frozen=True)
        class Broken(Breakout):
            def signals(self, candles):
                raise RuntimeError(f"oh no, {len(candles)} candles")

        with pytest.raises(StrategyError, match="oh no"):
            an.replay(Broken(), hours)


class TestTheNames:
    def test_importing_the_package_imports_nothing_big(self):
        code = "import sys, argusnexus; print(sorted({'numpy', 'pandas', 'pyarrow', 'numba', 'rich'} & set(sys.modules)))"
        assert fresh(code) == "[]"

    @pytest.mark.parametrize(
        "first", ["", "import argusnexus.replay.runner", "from argusnexus.replay import ReplayRunner"]
    )
    def test_replay_is_a_function_whatever_was_imported_before(self, first):
        code = f"{first}\nimport argusnexus as an\nprint(an.replay(None, 'SIM-BTC-USD', end='2023-01-02').run.granularity)"
        assert fresh(code) == "1h"

    def test_every_name_is_there_and_no_other(self):
        for name in an.__all__:
            assert getattr(an, name) is not None
        assert set(dir(an)) == set(an.__all__)
        with pytest.raises(AttributeError, match="no attribute 'replya'"):
            an.replya  # noqa: B018
        assert isinstance(an.replay(None, BTC, end="2023-01-02"), ReplayResult)

    def test_a_type_checker_sees_them(self, tmp_path):
        script = tmp_path / "mine.py"
        script.write_text(
            "import argusnexus as an\n"
            "run = an.replay(an.DonchianBreakout(), 'SIM-BTC-USD')\n"
            "reveal_type(run)\n"
            "reveal_type(an.read_candles('x.csv', 'BTC-USD', '1h'))\n"
            "an.replay(capitl=5)\n"
        )
        done = subprocess.run(
            [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", str(script)],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert 'Revealed type is "argusnexus.replay.result.ReplayResult"' in done.stdout
        assert 'Revealed type is "argusnexus.model.candles.Candles"' in done.stdout
        assert 'Unexpected keyword argument "capitl"' in done.stdout

    def test_candles_are_read_from_a_file(self, hours, tmp_path):
        to_frame(hours).to_parquet(tmp_path / "hours.parquet")
        candles = an.read_candles(tmp_path / "hours.parquet", "BTC-USD", "1h")
        assert candles.close.tolist() == hours.close.tolist()
        with pytest.raises(DataError):
            an.read_candles(tmp_path / "none.parquet", "BTC-USD", an.Granularity.parse("1h"))


def fresh(code):
    """What a new interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": ""},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_reader_of_a_saved_run_needs_nothing_of_python_s(run, tmp_path):
    run.save(tmp_path / "my.db")
    with LedgerReader(tmp_path / "my.db") as reader:
        assert reader.run(run.run_id) == run.run
