"""Audit events and their follow-up jobs, written in the transaction of the change.

`events.record` stores an event, `follow_ups` lists the jobs enqueued for each kind of event,
`chain` links every event to the previous one and detects later changes.
"""

from __future__ import annotations

from archive.audit.chain import verify_chain
from archive.audit.details import name_change
from archive.audit.events import record
from archive.audit.follow_ups import FOLLOW_UPS, index_interviews

__all__ = ["FOLLOW_UPS", "index_interviews", "name_change", "record", "verify_chain"]
