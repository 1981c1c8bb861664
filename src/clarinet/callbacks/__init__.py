"""Objects that watch training and act on it: history, early stopping, checkpoints, learning rates, progress bar."""

from typing import TYPE_CHECKING

from clarinet import aliases
from clarinet.callbacks.averages import SwapEMAWeights
from clarinet.callbacks.backup import BackupAndRestore
from clarinet.callbacks.callback_list import CallbackList
from clarinet.callbacks.checkpoint import ModelCheckpoint
from clarinet.callbacks.csv_logger import CSVLogger
from clarinet.callbacks.early_stopping import EarlyStopping
from clarinet.callbacks.learning_rate import LearningRateScheduler, ReduceLROnPlateau
from clarinet.callbacks.live import LivePlot
from clarinet.callbacks.nan import TerminateOnNaN
from clarinet.callbacks.remote import RemoteMonitor
from clarinet.callbacks.tensorboard import TensorBoard
from clarinet.callbacks.weights_and_biases import WandbMetricsLogger
from clarinet.names import public
from clarinet.training.callback import Callback, LambdaCallback
from clarinet.training.history import History
from clarinet.training.progress import ProgressBar

__all__ = [
    "BackupAndRestore",
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "LivePlot",
    "ModelCheckpoint",
    "ProgressBar",
    "ReduceLROnPlateau",
    "RemoteMonitor",
    "SwapEMAWeights",
    "TensorBoard",
    "TerminateOnNaN",
    "WandbMetricsLogger",
]


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)
