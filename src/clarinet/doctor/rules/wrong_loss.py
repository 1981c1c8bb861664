"""The loss answers another question than the labels ask."""

from __future__ import annotations

from collections.abc import Iterator

from clarinet import losses
from clarinet.doctor.findings import Finding, Remedy, Severity
from clarinet.doctor.patient import OF_AMOUNTS, OF_CLASSES, Patient
from clarinet.doctor.remedies import classify, suitable_loss

KINDS = ("wrong_loss",)
BASIS = (
    "maximum likelihood: which distribution of the labels each loss is the negative logarithm of (Bishop 2006, "
    "4.3, 5.2)"
)


def examine(patient: Patient) -> Iterator[Finding]:
    found = _judge(patient)
    if found is None:
        return
    severity, confidence, summary, explanation = found
    wanted = suitable_loss(patient)
    yield Finding(
        "wrong_loss",
        "loss",
        severity,
        confidence,
        summary,
        explanation,
        {"loss": patient.loss_name, "labels": patient.labels.form, "wanted": wanted},
        Remedy(f"loss={wanted!r}", classify),
    )


_Judgement = tuple[Severity, float, str, str]


def _judge(patient: Patient) -> _Judgement | None:
    if patient.output is None:
        return None
    judge = {"amounts": _amounts, "classes": _classes, "several": _several, "shares": _shares}[patient.task]
    return judge(patient)


def _amounts(patient: Patient) -> _Judgement | None:
    loss, low = patient.program.loss, patient.labels.low
    if loss.likelihood == "bernoulli" and patient.labels.columns > 1 and low >= 0 and patient.labels.high <= 1:
        return None  # pixels and other shares between nothing and all, each a chance of its own: autoencoders
    if loss.likelihood in OF_CLASSES:
        why = (
            "Cross-entropy compares chances. The targets are amounts: outside [0, 1] it has no meaning, it falls "
            "without "
        )
        return (
            "error",
            0.95,
            f"{patient.loss_name} on targets that are amounts, not classes",
            why + "end or becomes NaN.",
        )
    if loss.likelihood == "poisson" and low < 0:
        why = "The Poisson loss is for counts: it takes the logarithm of the prediction, which must be positive."
        return "error", 0.95, f"poisson loss on targets down to {low:.4g}", why
    return None


def _shares(patient: Patient) -> _Judgement | None:
    if patient.program.loss.likelihood not in OF_AMOUNTS:
        return None
    why = (
        "Each row of the targets is a distribution: it sums to one. Cross-entropy (or KL divergence) compares "
        "distributions."
    )
    return "warning", 0.75, f"{patient.loss_name} on rows that sum to one", why


def _takes_one_hot(patient: Patient) -> bool:
    """Whether the loss is the cross-entropy of one-hot labels."""
    loss: losses.Loss = patient.program.loss
    return (loss.likelihood, loss.labels) == ("categorical", "one-hot")


def _several(patient: Patient) -> _Judgement | None:
    if not _takes_one_hot(patient):
        return None
    why = "Categorical cross-entropy looks for the one right class. Here a row can have several, or none."
    return "warning", 0.9, "categorical cross-entropy, but the labels' rows hold any number of ones", why


def _classes(patient: Patient) -> _Judgement | None:
    loss, labels, units = patient.program.loss, patient.labels, patient.units
    if loss.likelihood in OF_AMOUNTS:
        return _squared(patient)
    if units == 1 and loss.likelihood == "categorical":
        why = "Categorical cross-entropy needs a column for every class; over one column its chances are always 1."
        return "error", 0.95, f"{patient.loss_name} on a single output", why
    if units == 1 and labels.classes > 2 and loss.likelihood == "bernoulli":
        why = "Binary cross-entropy answers yes or no. There are more than two classes."
        return "error", 0.9, f"binary cross-entropy on {labels.classes} classes", why
    if units > 1 and labels.form == "one_hot" and loss.likelihood == "bernoulli":
        why = (
            "With one column for each class, exactly one is right. Binary cross-entropy judges each column by "
            "itself: most of them are 0, and 'all zeros' is nearly right everywhere; its accuracy counts columns "
            "and looks high."
        )
        return "warning", 0.85, f"binary cross-entropy on {labels.columns} classes that exclude each other", why
    if labels.form == "ids" and _takes_one_hot(patient) and units > 1:
        why = "categorical_crossentropy expects one column for each class; class ids are for the sparse form."
        return "error", 0.9, "categorical_crossentropy on class ids", why
    return None


def _squared(patient: Patient) -> _Judgement | None:
    site = patient.output
    absolute = patient.program.loss.likelihood == "laplace"
    chances = site is not None and site.outputs in ("probability", "distribution")
    if site is not None and site.spans_signs and patient.labels.form == "signs" and not absolute:
        return None
    why = (
        "The labels are classes. A squared or absolute error on them has a small slope just where the network is "
        "surely wrong (the activation is flat there), so learning stalls; cross-entropy's slope is largest there."
    )
    severity: Severity = "hint" if chances and not absolute and patient.labels.form != "constant" else "warning"
    return severity, 0.75, f"{patient.loss_name} on labels that are classes", why
