"""Knowledge distillation: compile takes more arguments, compute_loss asks a frozen teacher."""

# Style: keras-team/keras-io examples/vision/knowledge_distillation.py
import keras
import numpy as np
from keras import layers, ops

from tests.programs.common import record, start

rng = np.random.default_rng(128)
x = rng.normal(size=(20, 4)).astype("float32")
y = rng.integers(0, 3, size=20)


class Distiller(keras.Model):
    def __init__(self, student, teacher):
        super().__init__()
        self.teacher = teacher
        self.student = student

    def compile(self, optimizer, metrics, student_loss_fn, distillation_loss_fn, alpha=0.1, temperature=3):
        super().compile(optimizer=optimizer, metrics=metrics)
        self.student_loss_fn = student_loss_fn
        self.distillation_loss_fn = distillation_loss_fn
        self.alpha = alpha
        self.temperature = temperature

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, allow_empty=False):
        teacher_pred = self.teacher(x, training=False)
        student_loss = self.student_loss_fn(y, y_pred)
        distillation_loss = self.distillation_loss_fn(
            ops.softmax(teacher_pred / self.temperature, axis=1),
            ops.softmax(y_pred / self.temperature, axis=1),
        ) * (self.temperature**2)
        return self.alpha * student_loss + (1 - self.alpha) * distillation_loss

    def call(self, x):
        return self.student(x)


teacher = keras.Sequential([keras.Input((4,)), layers.Dense(8, activation="relu"), layers.Dense(3)], name="teacher")
student = keras.Sequential([keras.Input((4,)), layers.Dense(3)], name="student")
start(teacher, student)
teacher.compile(keras.optimizers.SGD(0.1), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
taught = teacher.fit(x, y, batch_size=5, epochs=2, shuffle=False, verbose=0).history
kept = teacher.get_weights()

teacher.trainable = False
distiller = Distiller(student=student, teacher=teacher)
distiller.compile(
    optimizer=keras.optimizers.SGD(0.1),
    metrics=[keras.metrics.SparseCategoricalAccuracy()],
    student_loss_fn=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    distillation_loss_fn=keras.losses.KLDivergence(),
    alpha=0.1,
    temperature=4,
)
steps, watcher = record(keras)
distiller.fit(x, y, batch_size=5, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "taught": taught,
    "steps": steps,
    "unmoved": [bool((a == b).all()) for a, b in zip(kept, teacher.get_weights())],
    "student": student.get_weights(),
    "predictions": distiller.predict(x, verbose=0),
}
