"""Names of TensorFlow that are in files of their own, which are loaded when a program first uses one of them."""

from __future__ import annotations

#: By file of ``clarinet.tf``: the modules that have its names, and the names.
_TABLE: dict[str, dict[str, str]] = {
    "segments": {
        "tf.math": (
            "segment_max segment_mean segment_min segment_prod unsorted_segment_max unsorted_segment_mean "
            "unsorted_segment_min unsorted_segment_prod unsorted_segment_sqrt_n"
        ),
    },
    "special": {
        "tf.math": (
            "accumulate_n angle conj cumprod cumsum "
            "cumulative_logsumexp erfcinv imag invert_permutation is_non_decreasing "
            "is_strictly_increasing polyval real reciprocal_no_nan xdivy xlog1py xlogy zero_fraction"
        ),
        "tf": "complex cumprod cumsum",
        "tf.nn": (
            "crelu depth_to_space local_response_normalization lrn space_to_depth "
            "weighted_cross_entropy_with_logits weighted_moments zero_fraction"
        ),
    },
    "places": {
        "tf": (
            "dynamic_partition dynamic_stitch ensure_shape identity_n reverse_sequence saturate_cast shape_n slice "
            "strided_slice tensor_scatter_nd_add tensor_scatter_nd_max tensor_scatter_nd_min tensor_scatter_nd_sub "
            "unique_with_counts unravel_index"
        ),
    },
    "running": {
        "tf": "case control_dependencies foldl foldr no_op recompute_grad scan switch_case timestamp",
    },
    "patches": {
        "tf.image": (
            "adjust_gamma crop_and_resize extract_patches image_gradients non_max_suppression resize_with_pad "
            "rgb_to_yiq ssim yiq_to_rgb"
        ),
    },
    "matrices": {
        "tf": "eye",
        "tf.linalg": (
            "adjoint cholesky_solve cross eigh eigvalsh eye logdet lstsq matrix_rank matrix_transpose normalize pinv "
            "set_diag slogdet solve svd tensor_diag tensor_diag_part triangular_solve"
        ),
    },
    "spectra": {
        "tf.signal": (
            "dct fftshift frame hamming_window hann_window ifftshift inverse_stft inverse_stft_window_fn "
            "linear_to_mel_weight_matrix mfccs_from_log_mel_spectrograms overlap_and_add stft"
        ),
    },
    "sparse": {
        "tf": "SparseTensor",
    },
    "ragged": {
        "tf": "RaggedTensor",
    },
    "sorting": {
        "tf": "argsort sort",
    },
    "debugging": {
        "tf": "Assert assert_equal assert_greater assert_less assert_rank",
    },
}

TENSORFLOW: dict[str, str] = {
    f"{module}.{name}": f"tf.{file}:{name}"
    for file, modules in _TABLE.items()
    for module, names in modules.items()
    for name in names.split()
} | {
    "tf.TensorArray": "tf.tensor_array:TensorArray",
    "tf.math.erfc": "ops:erfc",
    "tf.math.erfinv": "ops:erfinv",
}
