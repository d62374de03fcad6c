"""Walk-forward: parameters chosen on the past of each window, judged by what they did after it."""

from __future__ import annotations

from argusnexus.replay.walk_forward.choice import Rule
from argusnexus.replay.walk_forward.outcome import WalkForward
from argusnexus.replay.walk_forward.runner import WalkForwardPlan, walk_forward
from argusnexus.replay.walk_forward.windows import WindowPlan

__all__ = ["Rule", "WalkForward", "WalkForwardPlan", "WindowPlan", "walk_forward"]
