"""summary() of a graph names its layers, what each is connected to, and counts weights."""

# Style: keras-team/keras-io guides/functional_api.py (model.summary())
import keras
import numpy as np
from keras import layers

from tests.programs.common import start

encoder = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="hidden_in_encoder")], name="encoder")
a, b = keras.Input((4,), name="left_text"), keras.Input((4,), name="right_text")
distance = layers.Subtract(name="distance")([encoder(a), encoder(b)])
frozen = layers.Dense(3, name="frozen", trainable=False)(distance)
score = layers.Dense(1, name="score")(layers.Concatenate(name="joined")([distance, frozen]))
model = keras.Model([a, b], score, name="text_matcher")

lines = []
model.summary(print_fn=lines.append)
text = "\n".join(lines)
words = ["left_text", "right_text", "encoder", "distance", "frozen", "joined", "score", "text_matcher", "Connected to"]
trainable = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
start(model)

results = {
    "mentions": {word: word in text for word in words},
    "counts": [model.count_params(), trainable, *(str(number) in text for number in (model.count_params(), trainable))],
    "shapes": [list(layer.output.shape) for layer in model.layers],
    "of the model": [
        [list(tensor.shape) for tensor in model.inputs],
        list(model.output.shape),
        list(model.output_shape),
    ],
    "predictions": model.predict([np.ones((2, 4), "float32"), np.zeros((2, 4), "float32")], verbose=0),
}
