"""Data sets as pipelines: where elements come from, and what becomes of them on the way to the model."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar, Self

import numpy as np

from clarinet.configurable import check_whole
from clarinet.data import mapping, nested, stages
from clarinet.data.chunks import single
from clarinet.data.elements import INFINITE_CARDINALITY, UNKNOWN_CARDINALITY, Elements
from clarinet.data.shuffling import shuffled
from clarinet.data.stages import Chunks
from clarinet.ops.structures import number_form
from clarinet.philox import next_seed
from clarinet.types import DTypeArg, TensorLike

#: As many as the library likes: everything here runs in order, so it changes nothing.
AUTOTUNE = -1


class Dataset(Elements):
    """Elements one after the other, each a number, an array, or tuples and dictionaries of them.

    Nothing is computed before it is asked for, and every pass begins anew. Where the elements are rows of arrays,
    methods work on many at once. The order never depends on threads: all that is random follows from ``seed``, or from
    :func:`clarinet.utils.set_random_seed`. ``fit``, ``evaluate``, ``predict`` and ``adapt`` take data sets of batches.

    Example:
        >>> import numpy as np
        >>> from clarinet.data import Dataset
        >>> rows = Dataset.from_tensor_slices((np.arange(5), np.arange(5) ** 2))
        >>> for x, y in rows.map(lambda x, y: (x, y + 1)).batch(3):
        ...     print(x.numpy(), y.numpy())
        [0 1 2] [1 2 5]
        [3 4] [10 17]
    """

    #: As TensorFlow has it, for ``num_parallel_calls`` and ``buffer_size``.
    AUTOTUNE: ClassVar[int] = AUTOTUNE
    #: Whether batches are filled up to their longest element, so that their shapes may be others each time.
    varies = False

    # Where elements come from.

    @staticmethod
    def from_tensor_slices(tensors: TensorLike, name: object = None) -> Dataset:
        """The rows of arrays, which are not copied.

        Args:
            tensors: an array or a list; several in tuples and dictionaries, all with as many rows.
            name: accepted for TensorFlow programs.

        Raises:
            ValueError: different numbers of rows. TypeError: what is neither numbers nor texts.
        """
        whole = stages.slices(tensors)
        return Dataset(lambda: iter([whole]), len(whole))

    @staticmethod
    def from_tensors(tensors: TensorLike, name: object = None) -> Dataset:
        """One element."""
        whole = single(tensors)
        return Dataset(lambda: iter([whole]), 1)

    @staticmethod
    def from_generator(
        generator: Callable[..., Iterable[TensorLike]],
        output_types: TensorLike = None,
        output_shapes: TensorLike = None,
        args: Sequence[TensorLike] | None = None,
        output_signature: TensorLike = None,
        name: object = None,
    ) -> Dataset:
        """What a generator yields.

        Args:
            generator: a function that is called for every pass.
            output_types: dtypes, in the structure of an element; default those of what is yielded.
            output_shapes: accepted; shapes are those of what is yielded.
            args: of the function.
            output_signature: ``TensorSpec`` in the structure of an element, instead of both.
            name: accepted for TensorFlow programs.

        Raises:
            TypeError: no function.
        """
        if not callable(generator):
            raise TypeError(
                "from_generator: expected a function that makes a generator, so that every pass can begin anew; "
                f"received {type(generator).__name__}"
            )
        wanted = output_types if output_signature is None else output_signature
        convert = nested.converter(wanted)
        return Dataset(lambda: stages.from_elements(iter(generator(*(args or ()))), convert), UNKNOWN_CARDINALITY)

    @staticmethod
    def range(*limits: int, output_type: DTypeArg = "int64", name: object = None) -> Dataset:
        """Whole numbers; arguments as those of Python's ``range``."""
        numbers = range(*map(int, limits))
        dtype = np.dtype(output_type)
        return Dataset(lambda: stages.ranged(numbers.start, numbers.stop, numbers.step, dtype), len(numbers))

    @staticmethod
    def counter(start: int = 0, step: int = 1, dtype: DTypeArg = "int64", name: object = None) -> Dataset:
        """Whole numbers without end."""
        last = start + step * 2**60
        return Dataset(lambda: stages.ranged(start, last, step, np.dtype(dtype)), INFINITE_CARDINALITY)

    @staticmethod
    def zip(*args: TensorLike, datasets: TensorLike = None, name: object = None) -> Dataset:
        """Elements of several data sets side by side, until one ends.

        Args:
            args: data sets; or one tuple or dictionary of them.
            datasets: the same as one tuple or dictionary.
            name: accepted for TensorFlow programs.
        """
        given = datasets if datasets is not None else args[0] if len(args) == 1 else args
        form, sides = number_form(given)
        known = [side for side in sides if isinstance(side, Dataset)]
        if len(known) < len(sides):
            raise TypeError(f"Dataset.zip: expected data sets, received {[type(side).__name__ for side in sides]}")
        length = _shortest([side._length for side in known])
        return Dataset(lambda: stages.side_by_side([side._chunks() for side in known], form), length)

    @staticmethod
    def list_files(file_pattern: TensorLike, shuffle: bool | None = None, seed: int | None = None) -> Dataset:
        """The files that match a pattern such as ``"pictures/*.png"``, or several, in another order each time.

        Raises:
            FileNotFoundError: there is none.
        """
        import glob

        patterns = file_pattern if isinstance(file_pattern, (list, tuple)) else [file_pattern]
        found = sorted(path for pattern in patterns for path in glob.glob(str(pattern)))
        if not found:
            raise FileNotFoundError(f"list_files: no file matches {file_pattern!r}")
        files = Dataset.from_tensor_slices(found)
        return files.shuffle(len(found), seed) if shuffle is None or shuffle else files

    @staticmethod
    def sample_from_datasets(
        datasets: Sequence[Dataset],
        weights: Sequence[float] | None = None,
        seed: int | None = None,
        stop_on_empty_dataset: bool = False,
        rerandomize_each_iteration: bool | None = None,
    ) -> Dataset:
        """Elements of one data set or another, drawn with these weights, default equal ones."""
        kept = next_seed() if seed is None else int(seed)
        shares = nested.shares(weights, len(datasets))
        return Dataset(
            lambda: nested.sampled([each._chunks() for each in datasets], shares, kept, stop_on_empty_dataset),
            UNKNOWN_CARDINALITY,
        )

    # What becomes of them.

    def _then(self, stage: Callable[..., Chunks], *settings: object, length: int) -> Dataset:
        source = self._chunks
        return self._like(Dataset(lambda: stage(source(), *settings), length))

    def _like(self, made: Dataset) -> Dataset:
        made.varies = self.varies
        return made

    def map(
        self,
        map_func: Callable[..., TensorLike],
        num_parallel_calls: int | None = None,
        deterministic: bool | None = None,
        **_: object,
    ) -> Dataset:
        """What a function makes of each element.

        The function is called once with tensors without numbers. Where it is made of operations of
        :mod:`clarinet.ops` that treat each element for itself, these run on many elements at once; else the function
        runs element by element, and :attr:`Mapped.reason` says why.

        Args:
            map_func: of an element, or of the parts of a tuple; it gives an element.
            num_parallel_calls, deterministic: accepted; it runs in order.
        """
        return Mapped(self, map_func)

    def filter(self, predicate: Callable[..., TensorLike], name: object = None) -> Dataset:
        """The elements of which a function says True."""
        return self._then(stages.filtered, predicate, length=UNKNOWN_CARDINALITY)

    def batch(
        self, batch_size: int, drop_remainder: bool = False, num_parallel_calls: int | None = None, **_: object
    ) -> Dataset:
        """Batches of ``batch_size`` elements; the last one may be smaller, unless ``drop_remainder``.

        Raises:
            TypeError, ValueError: no whole number of at least 1. When iterated: elements of different shapes.
        """
        size = check_whole(batch_size, "batch: batch_size", low=1)
        count = self._length if self._length < 0 else -(-self._length // size)
        return self._then(
            stages.batches, size, drop_remainder, length=self._length // size if drop_remainder and count > 0 else count
        )

    def padded_batch(
        self,
        batch_size: int,
        padded_shapes: TensorLike = None,
        padding_values: TensorLike = None,
        drop_remainder: bool = False,
        name: object = None,
    ) -> Dataset:
        """Batches of elements of different shapes, filled up at their ends.

        Args:
            batch_size: elements a batch.
            padded_shapes: for each array its shape, with None for the longest of the batch; default that everywhere.
            padding_values: for each array what fills it; default 0, for texts the empty one.
            drop_remainder: whether a last, smaller batch is left out.
            name: accepted for TensorFlow programs.
        """
        size = check_whole(batch_size, "padded_batch: batch_size", low=1)
        count = self._length if self._length < 0 else -(-self._length // size)
        settings = (size, padded_shapes, padding_values, drop_remainder)
        batches = self._then(stages.padded_batches, *settings, length=self._length // size if drop_remainder else count)
        batches.varies = True
        return batches

    def unbatch(self, name: object = None) -> Dataset:
        """The rows of batches as elements."""
        return self._then(stages.unbatched, length=UNKNOWN_CARDINALITY)

    def shuffle(
        self,
        buffer_size: int,
        seed: int | None = None,
        reshuffle_each_iteration: bool | None = True,
        name: object = None,
    ) -> Dataset:
        """Elements in another order: each is drawn from a buffer, in whose place comes the next one.

        Args:
            buffer_size: elements in the buffer; as many as there are make every order equally likely.
            seed: of the draws; default the next one after ``set_random_seed``.
            reshuffle_each_iteration: another order for every pass.
            name: accepted for TensorFlow programs.
        """
        size = check_whole(buffer_size, "shuffle: buffer_size", low=1)
        kept, passes, source = next_seed() if seed is None else int(seed), itertools.count(), self._chunks
        again = reshuffle_each_iteration is None or reshuffle_each_iteration

        def chunks() -> Chunks:
            return shuffled(source(), size, stages.shuffle_key(kept, next(passes) if again else 0))

        return self._like(Dataset(chunks, self._length))

    def repeat(self, count: int | None = None, name: object = None) -> Dataset:
        """All elements ``count`` times, without end by default."""
        source, endless = self._chunks, count is None or count < 0
        length = INFINITE_CARDINALITY if endless and self._length else self._length
        if not endless:
            length = self._length * int(count or 0) if self._length >= 0 else self._length

        def chunks() -> Chunks:
            for _ in itertools.count() if endless else range(int(count or 0)):
                empty = True
                for chunk in source():
                    empty = False
                    yield chunk
                if empty:
                    return

        return self._like(Dataset(chunks, length))

    def take(self, count: int, name: object = None) -> Dataset:
        """The first ``count`` elements; -1 takes all."""
        if count < 0:
            return self
        known = self._length if self._length >= 0 else count
        unknown = self._length == UNKNOWN_CARDINALITY
        return self._then(stages.take, count, length=UNKNOWN_CARDINALITY if unknown else min(count, known))

    def skip(self, count: int, name: object = None) -> Dataset:
        """All but the first ``count`` elements; -1 leaves out all."""
        count = int(count) if count >= 0 else 2**62
        return self._then(
            stages.skip, count, length=max(0, self._length - count) if self._length >= 0 else self._length
        )

    def shard(self, num_shards: int, index: int, name: object = None) -> Dataset:
        """Every ``num_shards``-th element, from ``index`` on."""
        length = len(range(index, self._length, num_shards)) if self._length >= 0 else self._length
        return self._then(stages.every, num_shards, index, length=length)

    def cache(self, filename: str = "", name: object = None) -> Dataset:
        """What has once been computed is kept in memory, for all passes after the first whole one.

        Args:
            filename: accepted; nothing is written.
            name: accepted for TensorFlow programs.
        """
        return self._then(nested.Kept(), length=self._length)

    def prefetch(self, buffer_size: int, name: object = None) -> Dataset:
        """The same: elements are computed when they are asked for."""
        return self

    def with_options(self, options: object, name: object = None) -> Dataset:
        """The same: the order is always the same, and there is one process."""
        return self

    def concatenate(self, dataset: Dataset, name: object = None) -> Dataset:
        """These elements, then those of another data set."""
        lengths = (self._length, dataset._length)
        length = sum(lengths) if min(lengths) >= 0 else min(lengths)
        if INFINITE_CARDINALITY in lengths:
            length = INFINITE_CARDINALITY
        return Dataset(lambda: itertools.chain(self._chunks(), dataset._chunks()), length)

    def enumerate(self, start: int = 0, name: object = None) -> Dataset:
        """Each element with its number, a tuple."""
        return self._then(stages.numbered, start, length=self._length)

    def window(
        self, size: int, shift: int | None = None, stride: int = 1, drop_remainder: bool = False, name: object = None
    ) -> Dataset:
        """Data sets of ``size`` elements, each ``shift`` elements after the last; ``stride`` apart.

        ``flat_map(lambda window: window.batch(size))`` makes arrays of them.
        """
        settings = (Dataset, size, shift or size, stride, drop_remainder)
        return self._then(nested.windows, *settings, length=UNKNOWN_CARDINALITY)

    def flat_map(self, map_func: Callable[..., Dataset], name: object = None) -> Dataset:
        """The elements of the data sets that a function makes of each element."""
        return self.interleave(map_func, cycle_length=1)

    def interleave(
        self,
        map_func: Callable[..., Dataset],
        cycle_length: int | None = None,
        block_length: int | None = None,
        num_parallel_calls: int | None = None,
        deterministic: bool | None = None,
        name: object = None,
    ) -> Dataset:
        """The elements of the data sets that a function makes of each element, of several in turn.

        Args:
            map_func: gives a data set.
            cycle_length: how many data sets take turns; default 2.
            block_length: elements a turn; default 1.
            num_parallel_calls, deterministic, name: accepted; it runs in order.
        """
        cycle = 2 if cycle_length in (None, AUTOTUNE) else int(cycle_length or 1)
        settings = (map_func, cycle, int(block_length or 1))
        return self._then(nested.in_turns, *settings, length=UNKNOWN_CARDINALITY)

    def take_while(self, predicate: Callable[..., TensorLike], name: object = None) -> Dataset:
        """The elements before the first of which a function says False."""
        return self._then(nested.take_while, predicate, length=UNKNOWN_CARDINALITY)

    def apply(self, transformation_func: Callable[[Self], Dataset]) -> Dataset:
        """What a function makes of the data set."""
        return transformation_func(self)


class Mapped(Dataset):
    """A data set that :meth:`Dataset.map` made.

    Attributes:
        reason: why the function runs element by element; None where it runs on many at once, and before the first pass.
    """

    reason: str | None = None

    def __init__(self, source: Dataset, function: Callable[..., TensorLike]) -> None:
        self._function = mapping.Mapping(function)
        super().__init__(lambda: self._run(source._chunks()), source._length)
        self.varies = source.varies

    def _run(self, chunks: Chunks) -> Chunks:
        for chunk in chunks:
            yield from self._function(chunk)
            self.reason = self._function.reason


def _shortest(lengths: Sequence[int]) -> int:
    """The length of the shortest of several data sets."""
    if UNKNOWN_CARDINALITY in lengths:
        return UNKNOWN_CARDINALITY
    known = [length for length in lengths if length >= 0]
    return min(known) if known else INFINITE_CARDINALITY
