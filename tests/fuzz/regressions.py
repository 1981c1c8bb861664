"""What the fuzzers found, made small: programs that both engines have to agree on, files that have to be refused."""

from __future__ import annotations

from clarinet import activations, initializers, layers, losses, metrics, optimizers, regularizers  # noqa: F401
from tests.fuzz.files import Damaged
from tests.fuzz.program import Given, Program

#: By what was wrong with them.
PROGRAMS: dict[str, Program] = {
    "softmax along an axis that samples have not wrote beyond its memory": Program(
        shape=(1, 1), layers=(layers.Dense(3, activation=activations.Softmax(axis=-3)),)
    ),
    "softmax along such an axis was numpy's own error": Program(shape=(4,), layers=(layers.Softmax(axis=3),)),
    "an axis that cosine similarity does not take was refused by one engine": Program(
        layers=(layers.Dense(2),), loss=losses.CosineSimilarity(), metrics=(metrics.CosineSimilarity(),), rows=3
    ),
    "weights of columns that are not there": Program(
        layers=(layers.Dense(3),), metrics=(metrics.AUC(multi_label=True, label_weights=[1.0, 2.0]),)
    ),
    "overlaps along an axis that predictions have not ended in numpy's own error": Program(
        layers=(layers.Dense(3),), metrics=(metrics.OneHotMeanIoU(num_classes=3, axis=2),)
    ),
    "a class that is not there": Program(layers=(layers.Dense(3),), metrics=(metrics.Recall(class_id=3),)),
    "a minimisation without anything to minimise": Program(
        shape=(2,), layers=(layers.Dropout(0.4),), optimizer=optimizers.BFGS(), rows=2, batch=2
    ),
    "a reshape at the end was left out, so that the loss took another axis": Program(
        shape=(2, 3, 4),
        layers=(layers.Activation("gelu"), layers.Flatten()),
        loss=losses.MeanSquaredError(reduction="sum"),
    ),
    "a reshape of all there is": Program(
        shape=(1, 3), layers=(layers.Reshape((3, -1)),), loss=losses.CosineSimilarity()
    ),
    "no operation at all on samples of several axes": Program(
        shape=(4, 3), layers=(layers.Dropout(0.0),), metrics=(metrics.CosineSimilarity(), metrics.R2Score())
    ),
    "the score of targets that are all equal but for a rounding": Program(
        shape=(2, 3),
        layers=(layers.Dense(17),),
        weighted_metrics=(metrics.R2Score(),),
        rows=2,
        y=Given("constant"),
        weights="random",
    ),
    "an axis that is shared twice": Program(shape=(2, 2), layers=(layers.PReLU(shared_axes=[1, 1]),)),
    "the focal loss of large logits was clipped": Program(
        shape=(3, 3),
        layers=(layers.Activation("gelu"),),
        loss=losses.BinaryFocalCrossentropy(from_logits=True),
        x=Given("wide"),
    ),
    "rounding in the place of a gradient of 0, which an optimizer makes much of": Program(
        shape=(6,),
        layers=(layers.Dense(1),),
        loss=losses.CosineSimilarity(),
        optimizer=optimizers.AdamW(beta_1=0.1, amsgrad=True),
        epochs=3,
        x=Given("sparse"),
        y=Given("sparse"),
        seed=457,
    ),
    "a gradient that cancels to nothing but rounding": Program(
        shape=(1, 1), layers=(layers.Dense(1),), loss=losses.CosineSimilarity()
    ),
    "weights of rows that a loss adds up, which one engine left out": Program(
        shape=(6,), layers=(layers.Dense(3),), loss=losses.Tversky(axis=-2), rows=2, batch=4, weights="zeros"
    ),
    "a mask of places that a loss sums over": Program(
        shape=(2, 1), layers=(layers.Masking(),), loss=losses.Tversky(axis=-2)
    ),
}

#: By what was wrong with them.
FILES: dict[str, Damaged] = {
    "Pillow's own warnings": Damaged("picture.tiff", (("put", 16, b"\n"),)),
    "5384 characters of a type": Damaged(
        "weights", (("header", ("json", ("layers.0.bias", "dtype"), '"' + "x" * 5000 + '"')),)
    ),
    "5141 characters of a name": Damaged("packed run", (("rename", "run.json", "x" * 5000),)),
    "a list of 5000 numbers in the place of a word": Damaged(
        "model", (("member", "config.json", ("json", ("format",), f"[{'0,' * 5000}0]")),)
    ),
    "a name that is a list": Damaged(
        "resume", (("member", "training.json", ("json", ("state", "callbacks", 1, 0), '["History"]')),)
    ),
    "settings that are another object": Damaged(
        "resume", (("member", "training.json", ("json", ("state", "settings"), "{}")),)
    ),
    "a learning rate that is not there": Damaged(
        "resume", (("member", "training.json", ("json", ("state", "learning_rate"), None)),)
    ),
    "a text in the place of a metric's sum": Damaged(
        "resume", (("member", "training.json", ("json", ("state", "running", 0, "total"), '"\\u202e"')),)
    ),
    "a callback's state that is a number": Damaged(
        "resume", (("member", "training.json", ("json", ("state", "callbacks", 0, 1), "1.5")),)
    ),
    "a name of a metric that is an object": Damaged(
        "model of own parts",
        (("member", "config.json", ("json", ("compile", "metrics", 0, "kept", "name"), '{"a": 3}')),),
    ),
    "a sum of 400 digits": Damaged(
        "resume", (("member", "training.json", ("json", ("state", "running", 1, "count"), "9" * 400)),)
    ),
    "text that is not text in SQLite's own message": Damaged(
        "store", (("sql", "UPDATE sqlite_master SET sql = CAST(x'43ff7f' AS TEXT) WHERE name = 'runs'", ()),)
    ),
}
