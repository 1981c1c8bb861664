"""What does not go together is refused with a sentence, the same of numbers and in a graph."""

import numpy as np
import pytest

from clarinet import ops
from clarinet.ops.arithmetic import Add
from clarinet.ops.basic import Cast
from tests.contracts.recording import symbol

Z = np.ones


def F(*shape):
    return np.ones(shape, np.float32)


#: A call of tensors of some shapes, and the sentence; in a graph as well as of numbers.
SHAPES = [
    (ops.add, [(2, 3), (4,)], r"add: shapes \(2, 3\) and \(4,\) do not go together"),
    (lambda a, b: ops.where(True, a, b), [(2, 3), (2,)], "where: shapes"),
    (ops.matmul, [(2, 3), (2, 3)], r"the last axis of the first \(3\) is to be the last but one .* \(2\)"),
    (ops.matmul, [(2, 3), (4,)], "the only one of the second"),
    (ops.matmul, [(), (4,)], "matmul: expected at least one axis each.*multiply scales"),
    (lambda a, b: ops.concatenate([a, b]), [(2, 3), (2, 4)], "concatenate: .* all other axes have to be equal"),
    (lambda a, b: ops.stack([a, b]), [(2, 3), (2, 4)], "stack: expected tensors of one shape.*concatenate joins"),
    (lambda a: ops.reshape(a, (4, 2)), [(2, 3)], r"reshape: 6 numbers of shape \(2, 3\) do not fit into"),
    (lambda a: ops.reshape(a, (-1, 4)), [(2, 3)], "do not fit"),
    (lambda a: ops.reshape(a, (-1, -1)), [(2, 3)], "one may be -1"),
    (lambda a: ops.sum(a, axis=2), [(2, 3)], "sum: there is no axis 2 in 2 axes; the first is 0, the last -1"),
    (lambda a: ops.sum(a, axis=(0, 0)), [(2, 3)], "sum: axis .* names an axis twice"),
    (lambda a: ops.max(a, axis=0), [(0, 3)], "max: there are no numbers along axis"),
    (ops.argmax, [(0,)], "argmax: there are no numbers"),
    (lambda a: ops.argmax(a, axis=(0, 1)), [(2, 3)], "argmax: expected one axis or None"),
    (lambda a: ops.softmax(a, axis=2), [(2, 3)], "softmax: there is no axis 2"),
    (lambda a: ops.cumsum(a, axis=5), [(2, 3)], "cumsum: there is no axis 5"),
    (lambda a: ops.transpose(a, (0,)), [(2, 3)], "transpose: axes .* name each of its axes once"),
    (lambda a: ops.transpose(a, (0, 0)), [(2, 3)], "names an axis twice"),
    (lambda a: ops.moveaxis(a, (0, 1), 0), [(2, 3)], "moveaxis: expected as many destinations"),
    (lambda a: ops.squeeze(a, axis=0), [(2, 3)], r"squeeze: axis .* of the shape \(2, 3\) is not of size 1"),
    (lambda a: ops.expand_dims(a, 4), [(2, 3)], "expand_dims: there is no axis 4 in 3 axes"),
    (lambda a: ops.broadcast_to(a, (2, 4)), [(2, 3)], "broadcast_to: .* only axes of size 1 can be repeated"),
    (lambda a: ops.split(a, 2, axis=1), [(2, 3)], "split: 3 entries do not make 2 equal pieces; array_split"),
    (lambda a: ops.unstack(a, num=3), [(2, 3)], "unstack: axis 0 has 2 entries, not num=3"),
    (lambda a: ops.roll(a, (1, 2), axis=0), [(2, 3)], "roll: expected one shift for each axis"),
    (lambda a: ops.pad(a, ((1, 1),)*3), [(2, 3)], "pad: pad_width is a whole number"),
    (lambda a: ops.pad(a, ((0, 0), (0, -1))), [(2, 3)], "pad: expected numbers of at least 0"),
    (lambda a: ops.repeat(a, [1, 2], axis=1), [(2, 3)], "repeat: expected one number, or one for each of 3 entries"),
    (lambda a: ops.repeat(a, -1, axis=1), [(2, 3)], "repeat: expected repeats of at least 0"),
    (lambda a: ops.tile(a, (-1,)), [(2, 3)], "tile: expected repeats of at least 0"),
    (lambda a: ops.take_along_axis(a, np.zeros(2, np.int32), axis=1), [(2, 3)], "take_along_axis: .* as many axes"),
    (lambda a: ops.get_item(a, (0, 0, 0)), [(2, 3)], "indexing: 3 places for a tensor with 2 axes"),
    (lambda a: ops.get_item(a, 2), [(2, 3)], "indexing: there is no entry 2 in an axis of 2"),
    (lambda a: ops.slice(a, (0, 2), (2, 2)), [(2, 3)], "slice: 2 entries from 2 on are not in an axis of 3"),
    (lambda a: ops.slice_update(a, (0, 2), F(2, 2)), [(2, 3)], "slice_update: a block of shape .* does not lie in"),
    (lambda a: ops.scatter([[0]], a, (3, 2)), [(1, 3)], r"scatter: expected values of shape \(1, 2\)"),
    (lambda a: ops.scatter_update(a, [[0]], F(1, 2)), [(3, 3)], r"scatter_update: expected values of shape \(1, 3\)"),
    (lambda a: ops.scatter_update(a, [[0]], F(1, 3), "max"), [(3, 3)], "reduction is None or 'add'"),
    (lambda a: ops.top_k(a, 4), [(2, 3)], "top_k: there are 3 numbers on the axis; k=4"),
    (lambda a: ops.searchsorted(a, 1.0), [(2, 3)], "searchsorted: expected one sorted row"),
    (lambda a, b: ops.einsum("ij,jk->ik", a, b), [(2, 3), (2, 3)], "einsum: the letter 'j' has the sizes 3 and 2"),
    (lambda a: ops.einsum("ijk->i", a), [(2, 3)], "does not suit a tensor with 2 axes"),
    (lambda a: ops.einsum("ij->ii", a), [(2, 3)], "each letter of the output stands there once"),
    (lambda a: ops.einsum("ij,jk", a), [(2, 3)], "for 1 tensors"),
    (lambda a, b: ops.tensordot(a, b, 3), [(2, 3), (2, 3)], "tensordot: axes=3"),
    (lambda a, b: ops.tensordot(a, b, ([0, 1], [0])), [(2, 3), (2, 3)], "expected pairs of axes"),
    (ops.cross, [(2, 4), (2, 4)], "cross: expected vectors with 2 or 3 entries"),
    (ops.categorical_crossentropy, [(2, 3), (2, 4)], r"expected a target of shape \(2, 4\), received \(2, 3\)"),
    (lambda a: ops.sparse_categorical_crossentropy([0], a), [(2, 3)], r"expected a target of shape \(2,\)"),
    (ops.glu, [(2, 3)], "split: 3 entries do not make 2 equal pieces"),
    (ops.diag, [(2, 3, 4)], "diag: expected one axis or two"),
    (ops.tril, [(3,)], "tril: expected a matrix"),
    (lambda a: ops.norm(a, ord=1), [(2, 3, 4)], "norm: ord=1 is of vectors or matrices"),
    (lambda a: ops.norm(a, ord="max", axis=(0, 1)), [(2, 3)], "norm: of matrices ord is 'fro'"),
    (lambda a: ops.norm(a, ord="fro", axis=0), [(2, 3)], "norm: ord='fro' is of matrices"),
    (lambda a: ops.average(a, 0, F(3)), [(2, 3)], "average: weights of shape"),
    (lambda a: ops.quantile(a, 1.5), [(2, 3)], "quantile: expected q from 0 to 1"),
    (lambda a: ops.diff(a, n=-1), [(2, 3)], "diff: expected n of at least 0"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "shapes", "message"), SHAPES, ids=[m[:40] for _, _, m in SHAPES])
def test_shapes_that_do_not_go_together(call, shapes, message):
    with pytest.raises(ValueError, match=message):
        call(*(ops.ones(shape) for shape in shapes))
    with pytest.raises(ValueError, match=message):
        call(*(symbol(shape, "float32") for shape in shapes))


S = symbol((None, 3), "float32", True)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ops.exp("a"), TypeError, "expected numbers, received 'a' of type str"),
        (lambda: ops.exp(None), TypeError, "expected numbers, received None of type NoneType"),
        (lambda: ops.add([[1], [1, 2]], 1), TypeError, "expected numbers in rows of equal lengths"),
        (lambda: ops.sum(F(2), axis="x"), TypeError, "sum: axis is a whole number, several in a tuple, or None"),
        (lambda: ops.sum(F(2), axis=0.5), TypeError, "sum: axis is a whole number"),
        (lambda: ops.reshape(F(2), "a"), TypeError, "reshape: a shape is whole numbers in a tuple, received 'a'"),
        (lambda: ops.zeros((2, None)), ValueError, "zeros: expected sizes of at least 0.*zeros_like takes a tensor"),
        (lambda: ops.zeros(-1), ValueError, "zeros: expected sizes of at least 0"),
        (lambda: ops.cast(F(2), "complex64"), ValueError, "cast: dtype: expected a dtype such as 'float32'"),
        (lambda: ops.take(F(2, 3), [0.5], axis=0), TypeError, "take: indices are whole numbers, received float32"),
        (lambda: ops.take(F(2, 3), [7], axis=0), IndexError, "index 7 is out of bounds"),
        (lambda: ops.take_along_axis(F(2, 3), [[7]], axis=1), IndexError, "index 7 is out of bounds"),
        (lambda: ops.scatter([[9]], [1.0], (3,)), IndexError, "scatter: an index is out of range"),
        (lambda: ops.get_item(F(2, 3), 0.5), TypeError, "indexing: places are whole numbers, received"),
        (lambda: ops.get_item(S, symbol((None, 3), "bool", True)), TypeError, "ops.get_item with a mask needs numbers"),
        (lambda: ops.one_hot([0.5], 3), TypeError, "one_hot: indices are whole numbers"),
        (lambda: ops.one_hot([0], 3, sparse=True), ValueError, "there are no sparse tensors"),
        (lambda: ops.multi_hot([0]), ValueError, "multi_hot: num_classes says"),
        (lambda: ops.bitwise_and(F(2), 1), TypeError, "bitwise_and: expected whole numbers, received float32"),
        (lambda: ops.convert_to_tensor(1, sparse=True), ValueError, "no sparse or ragged tensors"),
        (lambda: ops.concatenate([]), ValueError, "concatenate: expected several tensors in a list, received"),
        (lambda: ops.stack(3), ValueError, "stack: expected several tensors in a list, received 3"),
        (lambda: ops.where(True, 1.0), ValueError, "where: give both x1 and x2, or neither"),
        (lambda: ops.where(S), TypeError, "without x1 and x2 needs numbers"),
        (lambda: ops.select([True], []), ValueError, "select: expected one choice for each condition"),
        (lambda: ops.pad(F(2), 1, mode="odd"), ValueError, "pad: mode is 'constant'"),
        (lambda: ops.pad(F(2), 1, mode="edge", constant_values=1), ValueError, "pad: mode is 'constant'"),
        (lambda: ops.meshgrid([1], indexing="no"), ValueError, "meshgrid: indexing is 'xy' or 'ij'"),
        (lambda: ops.moments(F(2), 0, synchronized=True), ValueError, "moments: there is one device"),
        (lambda: ops.nonzero(S), TypeError, "ops.nonzero needs numbers: what it does depends on them"),
        (lambda: ops.unique(S), TypeError, "ops.unique needs numbers"),
        (lambda: ops.unique([1], size=3), ValueError, "unique: size and fill_value are not supported"),
        (lambda: ops.bincount([-1]), ValueError, "bincount: expected whole numbers from 0 on"),
        (lambda: ops.bincount([1], sparse=True), ValueError, "no sparse tensors"),
        (lambda: ops.expand_dims(F(2), None), TypeError, "expand_dims: axis says where"),
        (lambda: ops.array_split(F(3), 0), ValueError, "array_split: expected at least one piece"),
        (lambda: ops.split(S, 2), ValueError, "split: the size of axis 0 is not known"),
        (lambda: ops.unstack(S), ValueError, "unstack: the size of axis 0 is not known"),
        (lambda: ops.diagflat(symbol((None,), "float32")), ValueError, "diagflat: the number of entries is not known"),
        (lambda: ops.quantile(S, 0.5, axis=0), ValueError, "quantile: expected a known number of numbers"),
        (lambda: ops.sparsemax(S, axis=0), ValueError, "sparsemax: the size of axis 0 is not known"),
        (lambda: ops.slice(F(3), S, (1,)), TypeError, "slice with start_indices of a graph needs numbers"),
        (lambda: ops.slice(F(3), (0, 0), (1,)), ValueError, "slice: expected 1 start_indices and sizes"),
        (lambda: ops.segment_sum(F(2), symbol((2,), "int32")), TypeError, "without num_segments needs numbers"),
        (lambda: Add().infer([]), ValueError, "add takes 2 tensors, received 0"),
        (lambda: Add().infer([S.spec, S.spec.typed("int32")]), ValueError, "one dtype, received float32, int32"),
        (lambda: Cast("no"), ValueError, "cast: dtype: expected a dtype"),
    ],
)  # fmt: skip
def test_what_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_an_operation_of_one_s_own_has_to_be_whole():
    class Half(ops.Operation):
        def forward(self, xs, xp=np):
            return xs[0], None

    with pytest.raises(TypeError, match=r"an operation of your own has to define backward.* and result"):
        Half()


def test_a_mask_chooses_entries_and_carries_a_gradient():
    x = ops.convert_to_tensor([[1.0, -2.0], [3.0, -4.0]])
    with ops.GradientTape() as tape:
        tape.watch(x)
        y = ops.sum(x[x > 0] ** 2) + ops.sum(x[[0, 0], :]) + ops.sum(x[np.array([True, False])])
    assert tape.gradient(y, x).tolist() == [[2 + 2 + 1, 3.0], [6.0, 0.0]]
