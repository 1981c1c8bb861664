"""Methods and attributes that models, layers and others had in earlier versions of Keras, with what to use instead."""

from __future__ import annotations

_INPUTS = "layer.input and layer.output are the tensors where a network first uses it; call it on others for more"
_STEP = "fit, train_on_batch and evaluate are ready at once; leave it out"
_STATE = "optimizer.variables holds what it remembers; model.save keeps it"

#: By kind: names and the sentence.
_TABLE: dict[str, dict[str, str]] = {
    "model": {
        "fit takes generators: fit(generator, steps_per_epoch=..., epochs=...)": "fit_generator",
        "evaluate takes generators: evaluate(generator, steps=...)": "evaluate_generator",
        "predict takes generators: predict(generator, steps=...)": "predict_generator",
        "predict gives probabilities: predict(x).argmax(axis=-1), or predict(x) > 0.5 of one output": (
            "predict_classes"
        ),
        "predict gives probabilities": "predict_proba",
        "to_json and model_from_json do it": "to_yaml",
        "add_loss in a call, compile(loss=) and fit's labels take its place": "total_loss targets sample_weights",
        "get_metrics_result() gives numbers by name": "metrics_tensors",
        _STEP: (
            "_make_predict_function _make_train_function _make_test_function make_train_function "
            "make_test_function make_predict_function"
        ),
        "moving averages are updated in training as they are; leave it out": "updates state_updates get_updates_for",
        "layer.stateful says it, of each layer": "stateful",
        "Model.layers and get_layer(name) give layers": "nodes outputs_of flattened_layers container_nodes",
        "make Model(inputs, outputs) of tensors": "add_input add_node add_output",
    },
    "layer": {
        _INPUTS: (
            "get_output_at get_input_at get_output_shape_at get_input_shape_at inbound_nodes outbound_nodes "
            "_inbound_nodes _outbound_nodes get_input get_output"
        ),
        "the weight is called kernel, or embeddings": "W",
        "the weight is called bias": "b",
        "the weight is called recurrent_kernel": "U",
        "moving averages are updated in training as they are; leave it out": "updates get_updates_for add_update",
        "rows are weighted with fit(sample_weight=), and steps left out with masks": "input_mask output_mask",
    },
    "optimizer": {
        "a GradientTape gives gradients: tape.gradient(loss, weights)": "get_gradients compute_gradients",
        "apply_gradients(zip(gradients, weights)) takes a step": "get_updates",
        _STATE: "weights get_weights set_weights",
    },
    "dataset": {
        "a dataset is iterable: for batch in dataset, or iter(dataset)": (
            "make_one_shot_iterator make_initializable_iterator"
        ),
    },
}

MEMBERS: dict[str, dict[str, str]] = {
    kind: {name: sentence for sentence, names in table.items() for name in names.split()}
    for kind, table in _TABLE.items()
}


def missing(owner: object, name: str, *kinds: str) -> AttributeError:
    """The error for an attribute that an object does not have, with what to use instead where that is known.

    Args:
        owner: the object.
        name: of the attribute.
        kinds: what it is: ``"model"``, ``"layer"``, ``"optimizer"`` or ``"dataset"``.

    Example:
        >>> raise missing(3, "predict_proba", "model")
        Traceback (most recent call last):
            ...
        AttributeError: 'int' object has no attribute 'predict_proba': predict gives probabilities
    """
    sentence = next((MEMBERS[kind][name] for kind in kinds if name in MEMBERS[kind]), "")
    plain = f"{type(owner).__name__!r} object has no attribute {name!r}"
    return AttributeError(f"{plain}: {sentence}" if sentence else plain, name=name, obj=owner)
