"""A ledger with a run in it, and a way to look at a ledger from outside."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from argusnexus.truth.logger import TruthLogger
from truth.ledger_rows import a_run


@pytest.fixture
def db(tmp_path):
    return tmp_path / "ledger.db"


@pytest.fixture
def logger(db):
    with TruthLogger(db) as logger:
        yield logger


@pytest.fixture
def started(logger):
    logger.start_run(a_run())
    return logger


@pytest.fixture
def sql(db):
    """Rows of a statement, asked by a stranger to the package."""

    def ask(statement, *parameters):
        with closing(sqlite3.connect(db)) as connection, connection:
            return connection.execute(statement, parameters).fetchall()

    return ask
