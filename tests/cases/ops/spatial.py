"""Rows of convolutions, pooling and attention, of images and of sequences of labels."""

import numpy as np

from tests.cases.ops.row import Given, N, P, T, U, W, op

CONVOLUTIONS = [
    op("conv", N(5, 7, 2), N(3, 2, 4)),
    op("conv", N(5, 6, 6, 4), N(3, 2, 2, 6), strides=2, padding="same", _note="groups"),
    op("conv", N(2, 4, 6, 7), N(3, 3, 4, 2), 1, "valid", "channels_first", 2),
    op("conv", N(2, 4, 4, 4, 1), N(2, 2, 2, 1, 2), strides=(1, 2, 1), padding="same"),
    op("depthwise_conv", N(5, 6, 7, 2), N(3, 3, 2, 2), strides=2),
    op("separable_conv", N(5, 6, 6, 2), N(2, 2, 2, 2), N(1, 1, 4, 3), padding="same"),
    op("conv_transpose", N(5, 4, 2), N(3, 3, 2), strides=2),
    op("conv_transpose", N(5, 3, 4, 2), N(3, 2, 3, 2), strides=2, padding="same"),
    op("conv_transpose", N(2, 3, 4), N(2, 3, 3), 3, "valid", None, "channels_first"),
    op("conv_transpose", N(5, 4, 2), N(3, 3, 2), strides=3, padding="same", output_padding=1),
    op("max_pool", N(5, 6, 6, 2), 2, 2),
    op("max_pool", N(5, 7, 2), 3, 2, "same"),
    op("max_pool", Given(np.zeros((1, 4, 1))), 2, strides=1, _note="ties"),
    op("average_pool", N(5, 5, 6, 2), (2, 3), 2, "same"),
    op("average_pool", N(5, 2, 6), 2, 2, data_format="channels_first"),
    op("adaptive_average_pool", N(5, 7, 2), 3),
    op("adaptive_average_pool", N(2, 2, 5, 4), (2, 3), data_format="channels_first"),
    op("adaptive_max_pool", N(5, 7, 5, 2), (3, 2)),
    op("dot_product_attention", N(5, 3, 2, 4), N(5, 6, 2, 4), N(5, 6, 2, 4)),
    op("dot_product_attention", N(5, 3, 4, 2), N(5, 3, 2, 2), N(5, 3, 2, 2), is_causal=True, scale=0.3),
    op("dot_product_attention", N(2, 3, 2, 4), N(2, 4, 2, 4), N(2, 4, 2, 4), N(2, 2, 3, 4), T(2, 1, 3, 4)),
    op("dot_product_attention", N(5, 20, 2, 3), N(5, 6, 1, 3), N(5, 6, 1, 3), None, T(5, 2, 20, 6)),
    op("dot_product_attention", N(5, 6, 1, 3), N(5, 6, 1, 3), N(5, 6, 1, 3), None, T(5, 1, 1, 6), is_causal=True),
    op("unfold", N(5, 2, 5, 6), 2, 2, 1, 2),
    op("fold", N(5, 8, 12), (6, 8), 2, stride=2),
    op("fold", N(5, 4, 24), 5, 2, 1, (0, 1), 1, _note="padding"),
    op("depth_to_space", N(5, 2, 3, 8), 2),
    op("depth_to_space", N(5, 8, 2, 3), 2, "channels_first"),
    op("space_to_depth", N(5, 4, 6, 2), 2),
    op("rearrange", N(5, 4, 6, 2), "b (h p) w c -> b h (w c) p", p=2),
    op("rearrange", N(2, 3, 4), "b h c -> h (b c)"),
    op("psnr", P(2, 4), P(2, 4), 1.0),
]

IMAGES = [
    op("image.resize", N(5, 4, 6, 2), (7, 3)),
    op("image.resize", N(5, 4, 6, 2), (3, 4), "bicubic", True),
    op("image.resize", N(4, 6, 2), (6, 5), interpolation="lanczos3"),
    op("image.resize", N(2, 2, 4, 6), (5, 3), "nearest", data_format="channels_first"),
    op("image.resize", N(5, 4, 6, 2), (3, 3), crop_to_aspect_ratio=True),
    op("image.resize", N(5, 4, 6, 2), (3, 3), pad_to_aspect_ratio=True, fill_value=0.5),
    op("image.resize", N(5, 4, 6, 2), (7, 3), "nearest", dtypes=("uint8", "int32"), _slope=False),
    op("image.resize", N(5, 4, 6, 2), (8, 12), dtypes=("uint8",), _slope=False, _keras=False),  # halves are rounded
    op(
        "image.scale_and_translate", N(5, 4, 6), (5, 6, 4), Given([1.5, 0.7]), Given([0.3, -0.2]), (1, 2), "linear",
        _slope=False, _symbolic=False,
    ),
    op("image.map_coordinates", N(4, 6), Given([[0.3, 1.7, -0.6, 3.2], [0.2, 4.6, 5.5, 2.25]]), 1, _note="constant"),
    *(
        op("image.map_coordinates", N(4, 6), Given([[0.3, 1.7, -1.6, 5.2], [0.2, 4.6, 7.5, 2.25]]), 1, mode, _note=mode)
        for mode in ("nearest", "wrap", "mirror", "reflect")
    ),
    op("image.map_coordinates", N(4, 6), Given([[0.3, 1.7], [0.2, 7.6]]), order=0, fill_value=2, _note="nearest place"),
    op(
        "image.affine_transform", N(2, 4, 6, 2), Given([[0.9, 0.2, 0.3, -0.1, 1.1, 0.4, 0.0, 0.0]] * 2),
        _apart="none to c0 and c1",
    ),
    op("image.affine_transform", N(4, 6, 2), Given([0.9, 0.2, 0.3, -0.1, 1.1, 0.4, 0.0, 0.0]), "nearest", "reflect"),
    op(
        "image.perspective_transform", N(2, 4, 6, 1), Given([[[0.5, 0.3], [4.2, 0.4], [0.6, 2.5], [4.4, 2.6]]] * 2),
        Given([[[0.8, 0.2], [4.0, 0.5], [0.7, 2.7], [4.7, 2.1]]] * 2), _rtol=1e-3,
    ),
    op("image.rgb_to_grayscale", N(5, 4, 6, 3)),
    op("image.rgb_to_grayscale", N(3, 4, 6), "channels_first", dtypes=("float32", "uint8")),
    op("image.rgb_to_hsv", P(5, 2, 3, 3)),
    op("image.hsv_to_rgb", P(5, 2, 3, 3)),
    op("image.crop_images", N(5, 4, 6, 2), top_cropping=1, left_cropping=2, target_height=2, target_width=3),
    op("image.crop_images", N(2, 4, 6), 1, 2, 1, 0, data_format="channels_first"),
    op("image.pad_images", N(5, 4, 6, 2), top_padding=1, right_padding=2, target_height=7, target_width=9),
    op("image.extract_patches", N(5, 6, 7, 2), 2, 3),
    op("image.extract_patches", N(6, 7, 2), (3, 2), 1, 2, "same"),
    op("image.extract_patches_3d", N(5, 4, 4, 4, 2), 2),
    op("image.gaussian_blur", N(5, 6, 7, 2), (3, 5), (1.0, 0.7), "channels_last"),
    op("image.sobel_edges", N(5, 6, 7, 2)),
    op("image.ssim", U(5, 13, 12, 2), U(5, 13, 12, 2), _rtol=2e-4),
    op("image.ssim", U(2, 9, 8), U(2, 9, 8), 2.0, 5, 1.0, data_format="channels_first", _keras=False),
]  # fmt: skip

LABELS = [
    op("ctc_loss", W(4, 5, 3), N(5, 7, 5), W(4, 5), Given([7, 6, 7, 5, 7]), 4, _rtol=1e-4),
    op("ctc_loss", Given([[1, 1, 2]]), N(1, 6, 3), Given([3]), Given([6]), _note="repetition", _rtol=1e-4),
    op("ctc_decode", N(5, 7, 4), Given([7, 6, 7, 5, 3]), _slope=False),
    op("ctc_decode", N(5, 7, 4), Given([7, 6, 7, 5, 3]), merge_repeated=False, mask_index=3, _slope=False),
    op("ctc_decode", N(3, 6, 3), Given([6, 4, 6]), "beam_search", 100, 2, _slope=False, _symbolic=False, _rtol=1e-4),
    op("segment_max", N(5, 3), Given([0, 2, 0, 3, 2]), 4, dtypes=("float32", "int32"), _slope=False),
    op("segment_min", N(5, 3), Given([0, 2, 0, 3, 2]), 4, dtypes=("float32", "int32"), _slope=False),
    op("segment_max", N(6), W(3, 6), 3, _keras=False),
    op("segment_min", N(6), W(3, 6), 3, _keras=False),
    op("segment_prod", N(5, 3), Given([0, 2, 0, 3, 2]), 4, _slope=False),
    op("segment_prod", N(6, 2), W(3, 6), 3, _keras=False),
    op("segment_prod", Given([0.0, 2.0, 0.0, 3.0, 4.0]), Given([0, 0, 1, 1, 7]), 2, _note="zeros", _keras=False),
]
