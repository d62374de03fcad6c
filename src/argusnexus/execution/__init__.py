"""Orders as the venue takes them: product specs, ids, brackets and the executors that send them."""

from __future__ import annotations

from argusnexus.execution.bracket import (
    BracketConfig,
    BracketOrderBuilder,
    calculate_worst_case_risk,
)
from argusnexus.execution.client_order_id import client_order_id
from argusnexus.execution.paper import PaperExecutor
from argusnexus.execution.product_specs import ProductSpec, ProductSpecs

__all__ = [
    "BracketConfig",
    "BracketOrderBuilder",
    "PaperExecutor",
    "ProductSpec",
    "ProductSpecs",
    "calculate_worst_case_risk",
    "client_order_id",
]
