"""The audit: a run's rows recomputed from its configuration, its tape and one another."""

from argusnexus.truth.audit.audit import audit_run
from argusnexus.truth.audit.findings import Audit, Finding, TableCount

__all__ = ["Audit", "Finding", "TableCount", "audit_run"]
