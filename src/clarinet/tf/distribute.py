"""``tf.distribute``: programs that are written for several devices, on the one that there is.

A strategy here has one replica. What runs in its scope runs as it would without it, so a program that was written for
several devices gives what it gives on one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, TypeVar

from clarinet import aliases, ops
from clarinet.names import public
from clarinet.types import TensorLike

__all__ = [
    "InputContext",
    "MirroredStrategy",
    "OneDeviceStrategy",
    "ReduceOp",
    "Strategy",
    "TPUStrategy",
    "cluster_resolver",
    "experimental",
    "get_replica_context",
    "get_strategy",
    "has_strategy",
    "in_cross_replica_context",
]

R = TypeVar("R")
T = TypeVar("T")


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)


class ReduceOp:
    """How the values of the replicas become one."""

    SUM = "SUM"
    MEAN = "MEAN"


class InputContext:
    """What a function that makes a data set is told: of how many it is, and which one.

    Args:
        num_input_pipelines: how many data sets there are.
        input_pipeline_id: which of them.
        num_replicas_in_sync: among how many replicas a batch is shared out.
    """

    def __init__(self, num_input_pipelines: int = 1, input_pipeline_id: int = 0, num_replicas_in_sync: int = 1) -> None:
        self.num_input_pipelines = num_input_pipelines
        self.input_pipeline_id = input_pipeline_id
        self.num_replicas_in_sync = num_replicas_in_sync

    def get_per_replica_batch_size(self, global_batch_size: int) -> int:
        """The rows of a replica."""
        return global_batch_size // self.num_replicas_in_sync


class _Replica:
    """The one replica, as the function that runs in it sees it."""

    num_replicas_in_sync = 1
    replica_id_in_sync_group = 0

    def __init__(self, strategy: Strategy) -> None:
        self.strategy = strategy

    def all_reduce(self, reduce_op: object, value: T, options: object = None) -> T:
        """The value: there is no other."""
        return value


class Strategy:
    """One replica on the one device.

    Example:
        >>> strategy = MirroredStrategy()
        >>> with strategy.scope():
        ...     replicas = strategy.num_replicas_in_sync
        >>> replicas, strategy.run(max, args=(3, 5))
        (1, 5)
    """

    num_replicas_in_sync = 1

    def __init__(self, *devices: object, **settings: object) -> None:
        self.cluster_resolver = None

    @contextmanager
    def scope(self) -> Iterator[Strategy]:
        """Where models are made for this strategy; nothing changes in it."""
        before = _CURRENT.strategy
        _CURRENT.strategy = self
        try:
            yield self
        finally:
            _CURRENT.strategy = before

    def run(
        self,
        fn: Callable[..., R],
        args: Sequence[object] = (),
        kwargs: Mapping[str, object] | None = None,
        options: object = None,
    ) -> R:
        """What the function gives of these arguments."""
        return fn(*args, **(kwargs or {}))

    def reduce(self, reduce_op: object, value: TensorLike, axis: int | None = None) -> TensorLike:
        """The value of the one replica, along an axis its sum or mean.

        Args:
            reduce_op: ``ReduceOp.SUM`` or ``MEAN``, or their names.
            value: of the replica.
            axis: of the value; None: it is not added up.

        Raises:
            ValueError: another way to reduce.
        """
        how = str(reduce_op).rpartition(".")[2].upper()
        if how not in ("SUM", "MEAN"):
            raise ValueError(f"Strategy.reduce: reduce_op is ReduceOp.SUM or ReduceOp.MEAN, received {reduce_op!r}")
        if axis is None:
            return value
        return ops.sum(value, axis) if how == "SUM" else ops.mean(value, axis)

    def experimental_distribute_dataset(self, dataset: T, options: object = None) -> T:
        """The data set."""
        return dataset

    def distribute_datasets_from_function(self, dataset_fn: Callable[[InputContext], T], options: object = None) -> T:
        """The data set that the function makes."""
        return dataset_fn(InputContext())

    def experimental_local_results(self, value: T) -> tuple[T, ...]:
        """The values of the replicas: one."""
        return (value,)

    def gather(self, value: T, axis: int) -> T:
        """The values of the replicas beside one another: the one."""
        return value


class MirroredStrategy(Strategy):
    """A model on several devices of one machine; here on one."""


class OneDeviceStrategy(Strategy):
    """A model on the device that is named; here on the one that there is."""


class TPUStrategy(Strategy):
    """A model on a TPU; there is none, and :class:`cluster_resolver` says so first."""


class _Current:
    strategy: Strategy = Strategy()


_CURRENT = _Current()


def get_strategy() -> Strategy:
    """The strategy whose scope this is, or that of one device."""
    return _CURRENT.strategy


def has_strategy() -> bool:
    """Whether this is within the scope of a strategy that the program made."""
    return _CURRENT.strategy is not _Current.strategy


def in_cross_replica_context() -> bool:
    """False: there is one replica."""
    return False


def get_replica_context() -> _Replica:
    """The one replica."""
    return _Replica(get_strategy())


class _Resolver:
    """Looks for a TPU, of which programs go on without one where it is not found."""

    def __init__(self, tpu: object = None, **settings: object) -> None:
        raise ValueError("TPUClusterResolver: there is no TPU; compile(engine='jax') trains on one where JAX finds it")

    @classmethod
    def connect(cls, tpu: object = None, **settings: object) -> None:
        """As making one."""
        cls()


cluster_resolver = SimpleNamespace(TPUClusterResolver=_Resolver)
experimental = SimpleNamespace(TPUStrategy=TPUStrategy, CentralStorageStrategy=Strategy)
