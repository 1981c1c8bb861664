"""Rules that watch a training, one file each: its kinds, the source of its threshold, and its findings.

A rule is a module with ``KINDS``, ``BASIS``, ``CAUSES`` (kinds of findings that explain it, so that it is not reported;
ANYTHING if any fault does) and ``examine(record)``, which yields findings. All of them look at a
:class:`clarinet.doctor.watching.training_record.TrainingRecord`, after every epoch; the first ones come nearest to the
cause.
"""

from clarinet.doctor.watching import (
    collapsed_output,
    dying_relu,
    exploding_gradient,
    long_steps,
    loss_not_falling,
    majority,
    non_finite,
    overfitting,
    saturation,
    short_steps,
    underfitting,
    vanishing_gradient,
)

WATCHERS = (
    non_finite,
    long_steps,
    dying_relu,
    saturation,
    vanishing_gradient,
    short_steps,
    exploding_gradient,
    collapsed_output,
    loss_not_falling,
    majority,
    overfitting,
    underfitting,
)

__all__ = ["WATCHERS"]
