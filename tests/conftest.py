"""Set-up shared by all tests: which oracle back end, and which third-party warnings do not concern Clarinet."""

import os

# Keras's back ends disagree at saturation; the JAX one is the oracle. Keras reads these when it is first imported.
os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_PLATFORMS"] = "cpu"
