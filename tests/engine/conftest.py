"""Paper sessions that are closed after their test."""

from __future__ import annotations

import pytest

from engine.paper_session import Scripted, Session


@pytest.fixture
def session(tmp_path):
    opened = []

    def start(strategy=None, **settings):
        settings.setdefault("granularity", "1h")
        path = tmp_path / f"ledger{len(opened)}.db"
        opened.append(Session(path, strategy or Scripted(), **settings))
        return opened[-1]

    yield start
    for one in opened:
        one.close()
