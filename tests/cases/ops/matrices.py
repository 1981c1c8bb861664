"""Rows of linear algebra and Fourier transforms."""

from tests.cases.ops.row import D, Given, N, op

SQUARE, MANY, POSITIVE = D(3, 3), N(5, 3, 3), D(5, 3, 3)
TALL, WIDE = N(4, 3), N(3, 4)


LINALG = [
    op("cholesky", POSITIVE),
    op("cholesky", POSITIVE, upper=True),
    op("cholesky_inverse", SQUARE, _rtol=1e-3),
    op("cholesky_inverse", SQUARE, upper=True, _rtol=1e-3),
    op("det", MANY, _rtol=1e-4),
    op("slogdet", MANY, _rtol=1e-4),
    op("logdet", SQUARE),
    op("inv", MANY, _rtol=2e-3),
    op("pinv", TALL, _rtol=1e-4),
    op("pinv", WIDE, _rtol=1e-4),
    op("lstsq", TALL, N(4, 2), _rtol=1e-4),
    op("lstsq", TALL, N(4), _rtol=1e-4),
    op("eigh", POSITIVE, _rtol=1e-4),
    op("lu_factor", MANY, _rtol=1e-3),
    op("matrix_rank", Given([[1.0, 2.0], [2.0, 4.0]]), _slope=False),
    op("qr", TALL, _rtol=1e-4),
    op("qr", WIDE, _slope=False, _standard=False, _rtol=1e-4),
    op("qr", TALL, mode="complete", _slope=False, _standard=False, _rtol=1e-4),
    op("svd", TALL, full_matrices=False, _rtol=1e-4),
    op("svd", WIDE, full_matrices=False, _rtol=1e-4),
    op("svd", SQUARE, _rtol=1e-4),
    op("svd", TALL, _slope=False, _standard=False, _rtol=1e-4),
    op("svd", MANY, compute_uv=False, _rtol=1e-4),
    op("solve", MANY, N(5, 3, 2), _rtol=2e-3),
    op("solve", SQUARE, N(3)),
    op("solve_triangular", SQUARE, N(3), lower=True),
    op("solve_triangular", SQUARE, N(3, 2)),
    op("norm", TALL, ord="nuc", _rtol=1e-4),
    op("norm", N(5, 3, 4), ord=2, axis=(1, 2), keepdims=True, _rtol=1e-4),
    op("norm", TALL, ord=-2, _rtol=1e-4),
]

PAIR = [N(5, 6), N(5, 6)]
FOURIER = [
    op("fft", PAIR),
    op("fft2", [N(5, 4, 3), N(5, 4, 3)]),
    op("ifft2", [N(5, 4, 3), N(5, 4, 3)]),
    op("rfft", N(5, 6)),
    op("rfft", N(5, 7), fft_length=9),
    op("rfft", N(5, 7), 4),
    op("irfft", PAIR),
    op("irfft", PAIR, fft_length=9),
    op("extract_sequences", N(5, 9), 4, 2),
    op("stft", N(5, 16), 4, 2, 6, _rtol=1e-4),
    op("stft", N(16), 4, 3, 4, window="hamming", center=False, _rtol=1e-4),
    op("stft", N(16), 4, 3, 4, window=None, _rtol=1e-4),
    op("istft", [N(5, 6, 4), N(5, 6, 4)], 4, 2, 6, _rtol=1e-4),
    op("istft", [N(6, 3), N(6, 3)], 4, 2, 4, length=9, window=None, center=False, _rtol=1e-4),
]
