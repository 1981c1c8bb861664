"""Set-up shared by all tests."""

import os

# Keras's back ends disagree at saturation; the JAX one is the oracle. Keras reads these when it is first imported.
os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_PLATFORMS"] = "cpu"

# The tests' products are small: more BLAS threads only wait for each other, badly where other work runs beside.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
