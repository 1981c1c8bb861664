"""A network as a graph: tensors that stand for numbers to come, and the nodes that make them."""

from clarinet.graph.calls import Training, called
from clarinet.graph.described import (
    NOTHING,
    Held,
    call_form,
    describe_nodes,
    described,
    outputs_of,
    rebuilt,
    spec_of,
    told,
)
from clarinet.graph.forms import Structure, fits, flatten, form_of, is_symbolic, packed
from clarinet.graph.loops import Scan, with_rounds
from clarinet.graph.masks import Maskable, arguments, masks_of, of_network
from clarinet.graph.nodes import (
    Network,
    Node,
    Operator,
    Tensor,
    as_tensor,
    making,
    reading,
    same_tensors,
    within_call,
    within_trace,
)
from clarinet.graph.order import adds_loss, made_of, network_of, ordered, sources_of
from clarinet.graph.replaying import replayed
from clarinet.graph.used import AddedLoss, Argument, Choice, Constant, Update
from clarinet.graph.using import use

__all__ = [
    "NOTHING",
    "AddedLoss",
    "Argument",
    "Choice",
    "Constant",
    "Held",
    "Maskable",
    "Network",
    "Node",
    "Operator",
    "Scan",
    "Structure",
    "Tensor",
    "Training",
    "Update",
    "adds_loss",
    "arguments",
    "as_tensor",
    "call_form",
    "called",
    "describe_nodes",
    "described",
    "fits",
    "flatten",
    "form_of",
    "is_symbolic",
    "made_of",
    "making",
    "masks_of",
    "network_of",
    "of_network",
    "ordered",
    "outputs_of",
    "packed",
    "reading",
    "rebuilt",
    "replayed",
    "same_tensors",
    "sources_of",
    "spec_of",
    "told",
    "use",
    "with_rounds",
    "within_call",
    "within_trace",
]
