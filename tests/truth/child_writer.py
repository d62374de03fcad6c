"""A process of its own that writes to a ledger until it is killed or told to stop by the end of its input."""

from __future__ import annotations

import sys

from argusnexus.truth.logger import TruthLogger
from truth.ledger_rows import a_decision, a_fill, a_run, a_run_symbol, a_tape, a_trade, an_order

MANY = 5_000


def main(db, deed):
    with TruthLogger(db) as logger:
        logger.start_run(a_run())
        if deed == "replay":
            logger.tapes.write(a_run().run_id, [a_tape()])
            with logger.transaction():
                logger.log_replay(
                    run_symbols=[a_run_symbol()],
                    decisions=(a_decision(f"d{index}") for index in range(MANY)),
                    orders=(an_order(f"o{index}", decision_id=f"d{index}") for index in range(MANY)),
                    fills=(a_fill(f"f{index}", order_id=f"o{index}") for index in range(MANY)),
                    trades=(
                        a_trade(f"t{index}", entry_order_id=f"o{index}", entry_decision_id=f"d{index}")
                        for index in range(MANY)
                    ),
                    halts=[],
                )
                wait()
        wait()


def wait():
    print("ready", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
