"""A single perceptron that spots fives, as the tutorials write it in Keras; only its import lines are changed.

The labels are booleans of shape (n,), the output has shape (n, 1).
"""

from clarinet.keras.datasets import mnist
from clarinet.keras.layers import Dense, Flatten
from clarinet.keras.models import Sequential

(X_train, y_train), (X_test, y_test) = mnist.load_data()

is_five_train = y_train == 5
is_five_test = y_test == 5

img_width = X_train.shape[1]
img_height = X_train.shape[2]

model = Sequential()
model.add(Flatten(input_shape=(img_width, img_height)))
model.add(Dense(1))
model.compile(loss="mse", optimizer="adam", metrics=["accuracy"])

history = model.fit(X_train, is_five_train, epochs=3, validation_data=(X_test, is_five_test), verbose=0)
