"""A row for every learning rate schedule."""

from clarinet.optimizers import schedules
from tests.cases.case import Case


def both(name, kind, *args, **settings):
    """A row for a schedule whose arguments are the same here and in Keras."""
    return Case(
        name,
        lambda: getattr(schedules, kind)(*args, **settings),
        lambda k: getattr(k.optimizers.schedules, kind)(*args, **settings),
    )


SCHEDULES = [
    both("exponential", "ExponentialDecay", 0.1, 7, 0.8),
    both("exponential-staircase", "ExponentialDecay", 0.1, 7, 0.8, staircase=True),
    both("inverse-time", "InverseTimeDecay", 0.1, 7, 0.8),
    both("inverse-time-staircase", "InverseTimeDecay", 0.1, 7, 0.8, staircase=True),
    both("piecewise-constant", "PiecewiseConstantDecay", [3, 10], [0.1, 0.05, 0.02]),
    both("polynomial", "PolynomialDecay", 0.1, 17),
    both("polynomial-cycle", "PolynomialDecay", 0.1, 8, end_learning_rate=0.02, power=2.0, cycle=True),
    both("cosine", "CosineDecay", 0.1, 17, alpha=0.2),
    both("cosine-warm-up", "CosineDecay", 0.01, 17, warmup_target=0.1, warmup_steps=5),
    both("cosine-restarts", "CosineDecayRestarts", 0.1, 5, alpha=0.1),
    both("cosine-restarts-lower", "CosineDecayRestarts", 0.1, 7, t_mul=1.0, m_mul=0.7),
    Case("one-cycle", lambda: schedules.OneCycle(0.5, 40)),
]
