"""F1 as a Metric with counts, precision and recall of its own, with sample weights and a configuration."""

# Style: GitHub F1Score classes (true_positives, false_positives, false_negatives);
#   keras-team/keras-io guides/training_with_built_in_methods.py (CategoricalTruePositives)
import keras
import numpy as np
from keras import ops

from tests.programs.common import record, start

rng = np.random.default_rng(109)
x = rng.normal(size=(24, 3)).astype("float32")
y = (x[:, :1] + 0.5 * rng.normal(size=(24, 1)) > 0.3).astype("float32")
weights = rng.uniform(0.2, 2, size=24).astype("float32")


class F1Score(keras.metrics.Metric):
    def __init__(self, threshold=0.5, name="f1", **kwargs):
        super().__init__(name=name, **kwargs)
        self.threshold = threshold
        self.tp = self.add_weight(name="tp", initializer="zeros")
        self.fp = self.add_weight(name="fp", initializer="zeros")
        self.fn = self.add_weight(name="fn", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        predicted = ops.cast(ops.greater(y_pred, self.threshold), "float32")
        y_true = ops.cast(y_true, "float32")
        if sample_weight is None:
            sample_weight = ops.ones_like(y_true)
        sample_weight = ops.reshape(ops.cast(sample_weight, "float32"), (-1, 1))
        self.tp.assign_add(ops.sum(sample_weight * y_true * predicted))
        self.fp.assign_add(ops.sum(sample_weight * (1 - y_true) * predicted))
        self.fn.assign_add(ops.sum(sample_weight * y_true * (1 - predicted)))

    def result(self):
        precision = self.tp / (self.tp + self.fp + keras.backend.epsilon())
        recall = self.tp / (self.tp + self.fn + keras.backend.epsilon())
        return 2 * precision * recall / (precision + recall + keras.backend.epsilon())

    def reset_state(self):
        for variable in (self.tp, self.fp, self.fn):
            variable.assign(0.0)

    def get_config(self):
        return {**super().get_config(), "threshold": self.threshold}


model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, activation="sigmoid")])
model.compile(
    optimizer=keras.optimizers.SGD(0.5),
    loss="binary_crossentropy",
    metrics=[F1Score()],
    weighted_metrics=[F1Score(threshold=0.4, name="weighted_f1")],
)
start(model)

steps, watcher = record(keras)
model.fit(x, y, sample_weight=weights, batch_size=6, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

again = F1Score.from_config(F1Score(threshold=0.3).get_config())
again.update_state(y[:8], model.predict(x[:8], verbose=0))
results = {
    "steps": steps,
    "weights": model.get_weights(),
    "evaluated": model.evaluate(x, y, batch_size=7, verbose=0, return_dict=True),
    "alone": [again.name, again.threshold, float(again.result())],
}
