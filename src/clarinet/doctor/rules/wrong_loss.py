"""The loss answers another question than the labels ask."""

from __future__ import annotations

from collections.abc import Iterator

from clarinet import losses
from clarinet.doctor.findings import Finding, Remedy, Severity
from clarinet.doctor.program_facts import OF_AMOUNTS, OF_CLASSES, ProgramFacts
from clarinet.doctor.remedies import classify, suitable_loss

KINDS = ("wrong_loss",)
BASIS = (
    "maximum likelihood: which distribution of the labels each loss is the negative logarithm of (Bishop 2006, "
    "4.3, 5.2)"
)


def examine(facts: ProgramFacts) -> Iterator[Finding]:
    found = _judge(facts)
    if found is None:
        return
    severity, confidence, summary, explanation = found
    wanted = suitable_loss(facts)
    yield Finding(
        "wrong_loss",
        "loss",
        severity,
        confidence,
        summary,
        explanation,
        {"loss": facts.loss_name, "labels": facts.labels.form, "wanted": wanted},
        Remedy(f"loss={wanted!r}", classify),
        contradiction=facts.task == "several",
    )


_Judgement = tuple[Severity, float, str, str]


def _judge(facts: ProgramFacts) -> _Judgement | None:
    if facts.output is None:
        return None
    judge = {"amounts": _amounts, "classes": _classes, "several": _several, "shares": _shares}[facts.task]
    return judge(facts)


def _amounts(facts: ProgramFacts) -> _Judgement | None:
    loss, low = facts.program.loss, facts.labels.low
    if loss.likelihood == "bernoulli" and facts.labels.columns > 1 and low >= 0 and facts.labels.high <= 1:
        return None  # pixels and other shares between nothing and all, each a chance of its own: autoencoders
    if loss.likelihood in OF_CLASSES:
        why = (
            "Cross-entropy compares chances. The targets are amounts: outside [0, 1] it has no meaning, it falls "
            "without "
        )
        return (
            "error",
            0.95,
            f"{facts.loss_name} on targets that are amounts, not classes",
            why + "end or becomes NaN.",
        )
    if loss.likelihood == "poisson" and (low < 0 or facts.program.target is not None):
        why = "The Poisson loss is for counts: it takes the logarithm of the prediction, which must be positive."
        of = f"down to {low:.4g}" if low < 0 else "that are standardised for training, half of them below zero"
        return "error", 0.95, f"poisson loss on targets {of}", why
    return None


def _shares(facts: ProgramFacts) -> _Judgement | None:
    if facts.program.loss.likelihood not in OF_AMOUNTS:
        return None
    why = (
        "Each row of the targets is a distribution: it sums to one. Cross-entropy (or KL divergence) compares "
        "distributions."
    )
    return "warning", 0.75, f"{facts.loss_name} on rows that sum to one", why


def _takes_one_hot(facts: ProgramFacts) -> bool:
    """Whether the loss is the cross-entropy of one-hot labels."""
    loss: losses.Loss = facts.program.loss
    return (loss.likelihood, loss.labels) == ("categorical", "one-hot")


def _several(facts: ProgramFacts) -> _Judgement | None:
    if not _takes_one_hot(facts):
        return None
    why = "Categorical cross-entropy looks for the one right class. Here a row can have several, or none."
    return "warning", 0.9, "categorical cross-entropy, but the labels' rows hold any number of ones", why


def _classes(facts: ProgramFacts) -> _Judgement | None:
    loss, labels, units = facts.program.loss, facts.labels, facts.units
    if loss.likelihood in OF_AMOUNTS:
        return _squared(facts)
    if units == 1 and loss.likelihood == "categorical":
        why = "Categorical cross-entropy needs a column for every class; over one column its chances are always 1."
        return "error", 0.95, f"{facts.loss_name} on a single output", why
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
    if labels.form == "ids" and _takes_one_hot(facts) and units > 1:
        why = "categorical_crossentropy expects one column for each class; class ids are for the sparse form."
        return "error", 0.9, "categorical_crossentropy on class ids", why
    return None


def _squared(facts: ProgramFacts) -> _Judgement | None:
    weighted = facts.output
    absolute = facts.program.loss.likelihood == "laplace"
    chances = weighted is not None and weighted.outputs in ("probability", "distribution")
    if weighted is not None and weighted.spans_signs and facts.labels.form == "signs" and not absolute:
        return None
    why = (
        "The labels are classes. A squared or absolute error on them has a small slope just where the network is "
        "surely wrong (the activation is flat there), so learning stalls; cross-entropy's slope is largest there."
    )
    severity: Severity = "hint" if chances and not absolute and facts.labels.form != "constant" else "warning"
    return severity, 0.75, f"{facts.loss_name} on labels that are classes", why
