"""Checks before any work starts: problems that are refused, and doubts that are only mentioned.

Every check yields :class:`~clarinet.problems.Problem` records, cheap checks first; only ``raise_first`` raises.
"""

from clarinet.checks.arguments import (
    check_arguments,
    check_batch_arguments,
    check_evaluate_arguments,
    check_fit_arguments,
    check_predict_arguments,
    plain,
    plain_settings,
)
from clarinet.checks.data import check_data, check_input
from clarinet.checks.ids import lookup
from clarinet.checks.models import check_compiled, check_model, check_planned, check_rates
from clarinet.problems import ClarinetWarning, Problem, raise_first

__all__ = [
    "ClarinetWarning",
    "Problem",
    "check_arguments",
    "check_batch_arguments",
    "check_compiled",
    "check_data",
    "check_evaluate_arguments",
    "check_fit_arguments",
    "check_input",
    "check_model",
    "check_planned",
    "check_predict_arguments",
    "check_rates",
    "lookup",
    "plain",
    "plain_settings",
    "raise_first",
]
