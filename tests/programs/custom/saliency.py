"""Gradients of a class score at the input, and Grad-CAM: gradients at a convolution in the middle."""

# Style: joelsare/ATAI-A2 A2.py; keras-team/keras-io examples/vision/grad_cam.py
import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from tests.programs.common import start

rng = np.random.default_rng(134)
images = rng.normal(size=(3, 6, 6, 2)).astype("float32")

inputs = keras.Input((6, 6, 2))
x = layers.Conv2D(3, 3, activation="relu", padding="same", name="last_conv")(inputs)
x = layers.MaxPooling2D(2)(x)
x = layers.Dense(5, activation="relu")(layers.Flatten()(x))
outputs = layers.Dense(4, activation="softmax")(x)
model = keras.Model(inputs, outputs)
start(model)


def saliency_map(image):
    image = ops.convert_to_tensor(image[None])
    with tf.GradientTape() as tape:
        tape.watch(image)
        predictions = model(image, training=False)
        best = int(np.argmax(predictions[0]))
        score = predictions[0][best]
    gradient = tape.gradient(score, image)
    largest = ops.max(ops.abs(gradient), axis=-1)[0]
    return (largest - ops.min(largest)) / (ops.max(largest) - ops.min(largest) + 1e-18)


def make_gradcam_heatmap(img_array, model, last_conv_layer_name):
    grad_model = keras.models.Model(model.inputs, [model.get_layer(last_conv_layer_name).output, model.output])
    with tf.GradientTape() as tape:
        last_conv_layer_output, preds = grad_model(img_array)
        pred_index = int(ops.argmax(preds[0]))
        class_channel = preds[:, pred_index]
    grads = tape.gradient(class_channel, last_conv_layer_output)
    pooled_grads = ops.mean(grads, axis=(0, 1, 2))
    heatmap = last_conv_layer_output[0] @ pooled_grads[..., None]
    heatmap = ops.squeeze(heatmap)
    return ops.maximum(heatmap, 0) / ops.max(heatmap)


results = {
    "saliency": [saliency_map(image) for image in images],
    "heatmaps": [make_gradcam_heatmap(image[None], model, "last_conv") for image in images],
    "predictions": model(images),
}
