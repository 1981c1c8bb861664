"""A U-Net: what goes down is joined again, level by level, on the way up."""

# Style: AureliiiieP/Keras-WaveletTransform models/unet.py; goatdog/polyp-segmentation files/model.py
import keras
import numpy as np
from keras.layers import BatchNormalization, Concatenate, Conv2D, Input, MaxPooling2D, UpSampling2D
from keras.models import Model

from tests.programs.common import record, start

rng = np.random.default_rng(18)
images = rng.normal(size=(6, 8, 8, 1)).astype("float32")
masks = (images + rng.normal(0, 0.3, size=images.shape) > 0.5).astype("float32")


def conv_block(x, filters):
    x = Conv2D(filters, (3, 3), padding="same", activation="relu")(x)
    return BatchNormalization()(x)


def unet(input_size=(8, 8, 1), filters=(2, 3)):
    inputs = x = Input(input_size)
    skips = []
    for number in filters:
        x = conv_block(x, number)
        skips.append(x)
        x = MaxPooling2D((2, 2))(x)
    x = conv_block(x, 4)
    for number, skip in zip(reversed(filters), reversed(skips)):
        x = UpSampling2D((2, 2))(x)
        x = Concatenate()([x, skip])
        x = conv_block(x, number)
    outputs = Conv2D(1, (1, 1), activation="sigmoid")(x)
    return Model(inputs=inputs, outputs=outputs)


model = unet()
model.compile(optimizer=keras.optimizers.Adam(0.001), loss="binary_crossentropy", metrics=["accuracy"])
start(model)

steps, watcher = record(keras)
model.fit(images, masks, batch_size=3, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {"steps": steps, "weights": model.get_weights(), "predictions": model.predict(images, verbose=0)}
