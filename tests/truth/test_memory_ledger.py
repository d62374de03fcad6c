"""A ledger in memory: written, read, reported and audited without a file."""

from __future__ import annotations

import numpy as np
import pytest

from argusnexus.errors import LedgerError
from argusnexus.truth.logger import TruthLogger
from argusnexus.truth.queries import LedgerReader
from truth.ledger_rows import BTC, ETH, RUN, a_decision, a_run, a_run_symbol, a_tape, an_order


@pytest.fixture
def memory():
    with TruthLogger(":memory:") as logger:
        logger.start_run(a_run())
        yield logger


def test_what_was_logged_is_read_over_the_same_connection(memory):
    memory.log_decision(a_decision())
    memory.log_order(an_order())
    with memory.reader() as reader:
        assert reader.run(RUN).symbols == (ETH, BTC)
        assert [one.decision_id for one in reader.decisions(RUN, BTC)] == ["d1"]


def test_a_reader_that_is_closed_leaves_the_logger_open(memory):
    memory.reader().close()
    memory.log_decision(a_decision())
    assert memory.reader().decision_at(RUN, BTC, a_decision().timestamp).decision_id == "d1"


def test_a_closed_logger_takes_its_ledger_with_it(memory):
    reader = memory.reader()
    memory.close()
    with pytest.raises(LedgerError):
        reader.runs()
    with pytest.raises(LedgerError, match="closed"):
        memory.reader()


def test_tapes_are_kept_in_memory_like_in_files(memory, started, db):
    tables = [a_tape(ETH, 7), a_tape(BTC, 40_000)]
    for logger in (memory, started):
        for symbol, place in ((ETH, 0), (BTC, 1)):
            logger.log_run_symbol(a_run_symbol(symbol, place))
        logger.tapes.write(RUN, tables)
    with memory.reader() as reader, LedgerReader(db) as other:
        assert list(reader.decisions(RUN)) == list(other.decisions(RUN))
        assert reader.hold_reasons(RUN) == other.hold_reasons(RUN)
        np.testing.assert_array_equal(reader.equity(RUN)[BTC].equity, tables[1].equity)


def test_a_missing_tape_is_told_in_memory_too(memory):
    memory.log_run_symbol(a_run_symbol())
    with pytest.raises(LedgerError, match=r"tape of run .* is missing: expected in memory"):
        memory.reader().equity(RUN)
    with pytest.raises(LedgerError, match="has no tape"), memory.tapes.opened(RUN):
        pass


def test_a_discarded_tape_is_gone(memory):
    memory.tapes.write(RUN, [a_tape()])
    memory.tapes.discard(RUN)
    memory.tapes.discard(RUN)
    assert not memory.tapes.has(RUN)


def test_a_tape_that_cannot_be_written_is_told_in_memory(memory):
    with pytest.raises(LedgerError, match=r"Tape in memory \(replay_0000aaaa\): "):
        memory.tapes.write(RUN, [a_tape(equity=np.zeros(3))])
    assert not memory.tapes.has(RUN)


def test_a_file_s_logger_gives_a_reader_of_the_file(started, db):
    with started.reader() as reader, LedgerReader(db) as other:
        assert reader.runs() == other.runs()
