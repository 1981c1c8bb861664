"""The native engine: the plan in C++, on all cores, with the GIL released."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clarinet.engines.reference import ReferenceEngine

if TYPE_CHECKING:
    from clarinet.plan import Plan


class NativeEngine(ReferenceEngine):
    """Runs a plan natively. No operation has its native form yet, so :meth:`supports` sends every plan to the reference."""

    name = "native"

    @staticmethod
    def supports(plan: Plan) -> str | None:
        """Why the plan cannot run here, in the user's words; None if it can."""
        return "the native engine has no operations yet"
