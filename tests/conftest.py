"""Set-up shared by all tests."""

import os
import signal

# Keras's back ends disagree at saturation; the JAX one is the oracle. Keras reads these when it is first imported.
os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_PLATFORMS"] = "cpu"

# The tests' products are small: more BLAS threads only wait for each other, badly where other work runs beside.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# A shell that starts the tests in the background lets SIGINT be ignored, here and in every program that a test starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
