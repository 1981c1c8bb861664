"""Initializer, regularizer, constraint and a learning rate schedule as classes with configurations."""

# Style: ageron/handson-ml2 12_custom_models_and_training_with_tensorflow.ipynb (MyL1Regularizer);
#   eriklindernoren/Keras-GAN wgan;
#   markpinnock/GANZoo utils/TrainFuncs.py (WeightClipConstraint)
import keras
import numpy as np
from keras import ops

from tests.programs.common import record

rng = np.random.default_rng(122)
x = rng.normal(size=(20, 4)).astype("float32")
y = rng.integers(0, 2, size=(20, 1)).astype("float32")


class Waves(keras.initializers.Initializer):
    def __init__(self, scale=1.0):
        self.scale = scale

    def __call__(self, shape, dtype=None, **kwargs):
        count = int(np.prod(shape))
        return self.scale * ops.reshape(ops.sin(ops.arange(1, count + 1, dtype="float32")), shape)

    def get_config(self):
        return {"scale": self.scale}


class MyL1Regularizer(keras.regularizers.Regularizer):
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, weights):
        return ops.sum(ops.abs(self.factor * weights))

    def get_config(self):
        return {"factor": self.factor}


class ClipConstraint(keras.constraints.Constraint):
    def __init__(self, clip_value):
        self.clip_value = clip_value

    def __call__(self, weights):
        return ops.clip(weights, -self.clip_value, self.clip_value)

    def get_config(self):
        return {"clip_value": self.clip_value}


class Warmup(keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, rate, warmup_steps):
        self.rate, self.warmup_steps = rate, warmup_steps

    def __call__(self, step):
        step = ops.cast(step, "float32")
        return self.rate * ops.minimum((step + 1) / self.warmup_steps, 1.0)

    def get_config(self):
        return {"rate": self.rate, "warmup_steps": self.warmup_steps}


def dense(units, **kwargs):
    return keras.layers.Dense(units, kernel_initializer=Waves(0.7), kernel_regularizer=MyL1Regularizer(0.02), **kwargs)


model = keras.Sequential(
    [
        keras.Input((4,)),
        dense(5, activation="tanh", kernel_constraint=ClipConstraint(0.3), bias_constraint=ClipConstraint(0.01)),
        dense(3, activation="relu", kernel_constraint=keras.constraints.MaxNorm(0.8)),
        dense(1, activation="sigmoid", kernel_constraint=keras.constraints.NonNeg()),
    ]
)
model.compile(keras.optimizers.SGD(Warmup(0.5, 6)), "binary_crossentropy")

steps, watcher = record(keras)
model.fit(x, y, batch_size=5, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "configurations": [
        Waves.from_config(Waves(0.5).get_config()).scale,
        MyL1Regularizer.from_config(MyL1Regularizer(0.1).get_config()).factor,
        ClipConstraint.from_config(ClipConstraint(0.2).get_config()).clip_value,
    ],
    "steps": steps,
    "weights": model.get_weights(),
    "predictions": model.predict(x, verbose=0),
}
