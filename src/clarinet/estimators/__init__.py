"""Networks with scikit-learn's interface: change the import, and keep the program.

``MLPClassifier`` and ``MLPRegressor`` take the arguments of ``sklearn.neural_network`` and have its attributes; they
learn on the native engine, and take any network, class weights, data frames with categories and missing values, and
sparse rows besides. Needs scikit-learn: ``pip install clarinet[sklearn]``.
"""

try:
    import sklearn  # noqa: F401 - the message says what is missing
except ImportError:
    raise ImportError(
        "clarinet.estimators needs scikit-learn, which is not installed; use pip install clarinet[sklearn]"
    ) from None

from clarinet.estimators.classifier import MLPClassifier
from clarinet.estimators.regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor"]


def __dir__() -> list[str]:
    return __all__
