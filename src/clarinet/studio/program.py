"""The Python program of what was chosen in the room Train. The studio trains by running its first part itself.

So what the page shows is what is computed: the text has every choice, and nothing else decides a number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from clarinet.studio.choices import LOSSES, OPTIMIZERS, TOYS, Choices
from clarinet.studio.words import Refusal, _


@dataclass(frozen=True)
class Facts:
    """What is known of data once it is loaded.

    Attributes:
        task: ``"two classes"``, ``"classes"`` or ``"numbers"``.
        classes: how many; 1 for numbers.
        inputs: the shape of a row.
    """

    task: str
    classes: int
    inputs: tuple[int, ...]

    @property
    def losses(self) -> Sequence[str]:
        """Losses that suit the data, the usual one first."""
        return LOSSES[self.task]


@dataclass(frozen=True)
class Length:
    """How long was trained.

    Attributes:
        steps: in all.
        epoch: steps of an epoch.
        rates: learning rates that were chosen during the training: after how many steps, and the rate.
    """

    steps: int
    epoch: int
    rates: tuple[tuple[int, float], ...] = ()


def load_data(chosen: Choices) -> str:
    """The part that makes ``x`` and ``y``, and ``validation`` where that is a set of its own."""
    if chosen.data in TOYS:
        given = f"n={chosen.points}, noise={chosen.noise!r}, seed={chosen.data_seed}"
        return f"from clarinet.datasets import toys\n\nx, y = toys.{chosen.data}({given})\n"
    if chosen.data == "mnist":
        return "from clarinet.datasets import mnist\n\n(x, y), validation = mnist.load_data()\n"
    name = PurePath(chosen.file).name
    return (
        "from clarinet.datasets import load_table\n\n"
        f"table = load_table({name!r}, {chosen.target!r})\nx, y = table.x, table.y\n"
    )


def make_model(chosen: Choices, facts: Facts, rates: Sequence[tuple[int, float]] = ()) -> str:
    """The part that makes ``model``, compiled.

    Args:
        chosen: what was chosen.
        facts: of its data.
        rates: see :class:`Length`.

    Raises:
        ValueError: the loss does not suit the data.
    """
    loss = chosen.loss or facts.losses[0]
    if loss not in facts.losses:
        words = _("the loss {loss} does not suit these data; one of these does: {losses}")
        raise Refusal(words, loss=loss, losses=", ".join(facts.losses))
    before, layers = _stack(chosen, facts)
    metrics = ["mae"] if facts.task == "numbers" else ["accuracy"]
    lines = [
        f"clarinet.utils.set_random_seed({chosen.seed})",
        *before,
        "model = clarinet.Sequential([",
        *(f"    {layer}," for layer in layers),
        "])",
        "model.compile(",
        f"    {_optimizer(chosen, rates)},",
        f"    {loss!r},",
        f"    metrics={metrics!r},",
        ")",
    ]
    return "\n".join(lines).replace("'", '"') + "\n"  # no text of a user's is in these lines


def _stack(chosen: Choices, facts: Facts) -> tuple[list[str], list[str]]:
    """What is computed before the layers, and the layers."""
    before, first = [], [f"layers.Input({facts.inputs})"]
    if chosen.data == "mnist":
        first += ["layers.Rescaling(1 / 255)", "layers.Flatten()"]
    elif chosen.data == "csv":
        before = ["normalization = layers.Normalization()", "normalization.adapt(x)"]
        first += ["normalization"]
    more = f", kernel_regularizer=clarinet.regularizers.L2({chosen.l2!r})" if chosen.l2 else ""
    hidden = [f"layers.Dense({units}, {activation!r}{more})" for units, activation in chosen.hidden]
    if facts.task == "classes":
        return before, [*first, *hidden, f"layers.Dense({facts.classes}, 'softmax'{more})"]
    if facts.task == "two classes":
        return before, [*first, *hidden, f"layers.Dense(1, 'sigmoid'{more})"]
    scale = "layers.Rescaling(float(y.std()), float(y.mean()))"  # the target's own range
    return before, [*first, *hidden, f"layers.Dense(1{more})", scale]


def _optimizer(chosen: Choices, rates: Sequence[tuple[int, float]]) -> str:
    name, more = OPTIMIZERS[chosen.optimizer]
    rate = repr(chosen.rate)
    if rates:
        # A schedule's first rate holds up to and with the step at its boundary, and steps count from 0.
        ends, values = [step - 1 for step, _ in rates], [chosen.rate, *(value for _, value in rates)]
        rate = f"clarinet.optimizers.schedules.PiecewiseConstantDecay({ends}, {values})"
    return f"clarinet.optimizers.{name}(learning_rate={rate}{more})"


def fit_arguments(chosen: Choices) -> str:
    """Arguments of ``fit``, but for the epochs."""
    validation = "validation_data=validation" if chosen.data == "mnist" else "validation_split=0.2"
    return f"x, y, batch_size={chosen.batch}, {validation}"


def program(chosen: Choices, facts: Facts, length: Length) -> str:
    """A whole program, which gives the same weights, bit for bit.

    Args:
        chosen: what was chosen.
        facts: of its data.
        length: how long was trained.

    Example:
        >>> print(program(Choices(hidden=()), Facts("two classes", 2, (2,)), Length(26, 13)))
        import clarinet
        from clarinet import layers
        from clarinet.datasets import toys
        <BLANKLINE>
        x, y = toys.circles(n=500, noise=0.1, seed=0)
        <BLANKLINE>
        clarinet.utils.set_random_seed(0)
        model = clarinet.Sequential([
            layers.Input((2,)),
            layers.Dense(1, "sigmoid"),
        ])
        model.compile(
            clarinet.optimizers.Adam(learning_rate=0.01),
            "binary_crossentropy",
            metrics=["accuracy"],
        )
        model.fit(x, y, batch_size=32, validation_split=0.2, epochs=2)
        <BLANKLINE>
    """
    text = f"import clarinet\nfrom clarinet import layers\n{load_data(chosen)}\n"
    text += make_model(chosen, facts, length.rates)
    given = fit_arguments(chosen)
    epochs, left = divmod(length.steps, length.epoch)
    if length.steps == 0:
        return f"{text}# not trained yet: model.fit({given}, epochs=10)\n"
    if not left:
        return f"{text}model.fit({given}, epochs={epochs})\n"
    return text + (
        f"with model.fit_events({given}, epochs={epochs + 1}) as events:\n"
        "    events.every_step = True\n"
        "    for event in events:\n"
        f"        if model.optimizer.iterations == {length.steps}:  # {_parts(epochs, left)}\n"
        "            break\n"
    )


def _parts(epochs: int, left: int) -> str:
    whole = f"{epochs} epoch{'s' * (epochs != 1)} and " if epochs else ""
    return f"{whole}{left} step{'s' * (left != 1)}"
