from __future__ import annotations

import json
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from argusnexus.cli.exit_codes import ExitCode
from argusnexus.replay.export import EXPORTS
from argusnexus.truth.queries import LedgerReader

REPLAY = (
    "replay", "--symbols", "SIM-BTC-USD,SIM-ETH-USD", "--end", "2023-02-28", "--set", "strategy.warmup=100",
    "--set", "risk.max_drawdown=0.01", "--json",
)  # fmt: skip


@pytest.fixture
def run_id(argus):
    return json.loads(argus(*REPLAY).out)["run_id"]


@pytest.fixture
def reader(run_id, tmp_path):
    with LedgerReader(tmp_path / "data" / "argus.db") as reader:
        yield reader


def texts(path):
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def test_every_table_is_a_file_with_all_of_its_rows(argus, run_id, reader, tmp_path):
    told = argus("export", run_id, "--json")
    assert told.code == ExitCode.OK
    written = {one["table"]: one for one in json.loads(told.out)}
    assert tuple(written) == EXPORTS
    for one in written.values():
        assert len(texts(tmp_path / one["path"])) == one["rows"]
        assert one["path"].startswith(f"data/exports/{run_id}/")
    counts = {name: one["rows"] for name, one in written.items()}
    assert counts["decisions"] == sum(1 for _ in reader.decisions(run_id)) == counts["equity"]
    assert counts["trades"] == len(reader.trades(run_id)) > 0
    assert (counts["runs"], counts["run_symbols"], counts["halts"]) == (1, 2, len(reader.halts(run_id)))


def test_csv_has_the_ledger_s_own_texts(argus, run_id, reader, tmp_path):
    argus("export", run_id, "--out", "csv")
    trades = texts(tmp_path / "csv" / "trades.csv").set_index("trade_id")
    for trade in reader.trades(run_id):
        row = trades.loc[trade.trade_id]
        assert row["quantity"] == format(trade.quantity, "f")
        assert row["net_pnl"] == ("" if trade.net_pnl is None else format(trade.net_pnl, "f"))
        assert row["entry_timestamp"] == f"{trade.entry_timestamp:%Y-%m-%dT%H:%M:%SZ}"
    run = texts(tmp_path / "csv" / "runs.csv").iloc[0]
    assert json.loads(run["config"]) == reader.run(run_id).config


def test_parquet_has_exact_decimals_and_utc_times(argus, run_id, reader, tmp_path):
    argus("export", run_id, "--format", "parquet", "--out", "parquet")
    path = tmp_path / "parquet" / "trades.parquet"
    schema = pq.read_schema(path)
    assert pa.types.is_decimal(schema.field("net_pnl").type)
    assert schema.field("entry_timestamp").type == pa.timestamp("us", tz="UTC")
    assert schema.field("is_winner").type == pa.bool_()
    trades = pd.read_parquet(path).set_index("trade_id")
    for trade in reader.trades(run_id):
        row = trades.loc[trade.trade_id]
        assert isinstance(row["net_pnl"], Decimal)
        assert (row["net_pnl"], row["fees"], row["r_multiple"]) == (
            trade.net_pnl,
            trade.fees,
            trade.r_multiple,
        )
        assert row["exit_timestamp"] == trade.exit_timestamp


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_decisions_are_rows_and_tape_as_one(argus, run_id, reader, tmp_path, kind):
    argus("export", run_id, "--format", kind, "--out", kind, "--tables", "decisions,equity")
    read = pd.read_csv if kind == "csv" else pd.read_parquet
    decisions = read(tmp_path / kind / f"decisions.{kind}")
    told = list(reader.decisions(run_id))
    assert pd.to_datetime(decisions["timestamp"]).tolist() == [one.timestamp for one in told]
    assert decisions["reason"].tolist() == [one.result_reason for one in told]
    assert decisions["close"].tolist() == [
        one.market_context.get("close", one.market_context.get("candle", {}).get("close")) for one in told
    ]
    rows = decisions[decisions["decision_id"].notna()]
    for line in rows.itertuples():
        decision = next(one for one in told if one.decision_id == line.decision_id)
        assert json.loads(line.signal_values) == decision.signal_values
        assert json.loads(line.market_context) == decision.market_context
    equity = read(tmp_path / kind / f"equity.{kind}")
    curves = reader.equity(run_id)
    for symbol, curve in curves.items():
        assert equity["equity"][equity["account"] == symbol].tolist() == curve.equity.tolist()


def test_files_that_are_there_are_kept_unless_told_otherwise(argus, run_id, tmp_path):
    argus("export", run_id, "--out", "mine", "--tables", "fills")
    (tmp_path / "mine" / "fills.csv").write_text("mine")
    told = argus("export", run_id, "--out", "mine", "--tables", "trades, fills")
    assert told.code == ExitCode.USAGE
    assert "fills.csv already" in told.err
    assert "--replace" in told.err
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["fills.csv"]
    assert (tmp_path / "mine" / "fills.csv").read_text() == "mine"
    told = argus("export", run_id, "--out", "mine", "--tables", "trades, fills", "--replace")
    assert told.code == ExitCode.OK
    assert sorted(path.name for path in (tmp_path / "mine").iterdir()) == ["fills.csv", "trades.csv"]
    assert len(texts(tmp_path / "mine" / "fills.csv")) > 1


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--tables", "trade"], ExitCode.USAGE, "Did you mean 'trades'?"),
        (["--tables", ""], ExitCode.USAGE, "can't be exported"),
        (["--format", "xls"], ExitCode.USAGE, "csv"),
        (["--out", "occupied"], ExitCode.USAGE, "occupied can't be written"),
        (["--out", "occupied/below"], ExitCode.USAGE, "occupied/below can't be written"),
        (["--db-path", "none.db"], ExitCode.LEDGER, "There is no ledger"),
    ],
)
def test_what_cannot_be_written_is_one_message(argus, run_id, tmp_path, words, code, said):
    (tmp_path / "occupied").write_text("a file, not a folder")
    told = argus("export", run_id, *words)
    assert (told.code, told.out) == (code, "")
    assert said in told.err
    assert (tmp_path / "occupied").read_text() == "a file, not a folder"


def test_a_write_that_fails_leaves_nothing(argus, run_id, tmp_path, monkeypatch):
    def full(*_arguments, **_named):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("argusnexus.replay.export.pq.write_table", full)
    told = argus("export", run_id, "--format", "parquet", "--out", "full")
    assert told.code == ExitCode.USAGE
    assert "No space left" in told.err
    assert list((tmp_path / "full").iterdir()) == []
