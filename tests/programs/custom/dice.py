"""Dice loss and coefficient over all pixels of a batch: one number, whatever the number of rows."""

# Style: djsaber/Keras-UNet loss.py; ZeeTsing/Carvana_challenge Dice_coeff.py
import keras
import numpy as np
from keras import ops
from keras.layers import Conv2D, Input

from tests.programs.common import record, start

rng = np.random.default_rng(101)
images = rng.normal(size=(12, 4, 4, 1)).astype("float32")
masks = (images > 0.3).astype("float32")

smooth = 1.0


def dice_coef(y_true, y_pred):
    y_true_f = ops.reshape(y_true, (-1,))
    y_pred_f = ops.reshape(y_pred, (-1,))
    intersection = ops.sum(y_true_f * y_pred_f)
    return (2.0 * intersection + smooth) / (ops.sum(y_true_f) + ops.sum(y_pred_f) + smooth)


def dice_coef_loss(y_true, y_pred):
    return 1.0 - dice_coef(y_true, y_pred)


inputs = Input((4, 4, 1))
conv = Conv2D(3, 3, activation="relu", padding="same")(inputs)
outputs = Conv2D(1, 1, activation="sigmoid")(conv)
model = keras.Model(inputs, outputs)
model.compile(optimizer=keras.optimizers.SGD(0.5), loss=dice_coef_loss, metrics=[dice_coef])
start(model)

steps, watcher = record(keras)
model.fit(images, masks, batch_size=4, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "steps": steps,
    "weights": model.get_weights(),
    "evaluated": model.evaluate(images, masks, batch_size=6, verbose=0),
    "on arrays": float(dice_coef(masks[:2], model.predict(images[:2], verbose=0))),
}
