"""Stories: runs of one and of two symbols in a ledger, to be told and reported."""

from __future__ import annotations

import pytest

from argusnexus.model.runs import CapitalMode
from argusnexus.truth.logger import TruthLogger
from report.report_rows import Story
from truth.ledger_rows import BTC, ETH, a_run


@pytest.fixture
def a_story(tmp_path):
    """Begins a story whose run has the given changes."""
    db = tmp_path / "ledger.db"
    with TruthLogger(db) as logger:

        def begin(**changes):
            logger.start_run(a_run(**changes))
            return Story(db, logger)

        yield begin


@pytest.fixture
def story(a_story):
    """One symbol, 500 of capital."""
    return a_story(symbols=(BTC,))


@pytest.fixture
def two(a_story):
    """Two symbols with 500 each of their own."""
    return a_story(symbols=(ETH, BTC))


@pytest.fixture
def portfolio(a_story):
    """Two symbols that share 500."""
    return a_story(symbols=(ETH, BTC), capital_mode=CapitalMode.PORTFOLIO)
