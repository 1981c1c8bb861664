// The hidden layers as controls: more and fewer units, another activation, more and fewer layers.

import { make } from "./common.js";
import { _ } from "./words.js";

const ACTIVATIONS = ["tanh", "relu", "sigmoid", "linear", "leaky_relu", "elu", "gelu", "silu", "softplus"];
const MOST_LAYERS = 8;
const MOST_UNITS = 256;

export class Layers {
  /** In an element; chosen(hidden): somebody wants other layers. */
  constructor(place, chosen) {
    this.place = place;
    this.chosen = chosen;
  }

  show(hidden) {
    this.hidden = hidden;
    const focused = document.activeElement?.dataset?.part;
    this.place.replaceChildren(...hidden.map((layer, at) => this.layer(layer, at)), make("button", {
      type: "button", data: { part: "add" }, disabled: hidden.length >= MOST_LAYERS,
      onclick: () => this.chosen([...hidden, [...(hidden[hidden.length - 1] ?? [4, "tanh"])]]),
    }, _("Add a layer")));
    if (focused) {
      const find = (part) => this.place.querySelector(`[data-part="${part}"]:enabled`);
      (find(focused) ?? (focused.startsWith("remove") ? find("add") : null))?.focus();
    }
  }

  layer([units, activation], at) {
    const number = at + 1;
    const change = (layer) => this.chosen(this.hidden.map((other, place) => (place === at ? layer : other)));
    const button = (part, text, words, off, layer) => make("button", {
      type: "button", "aria-label": words, title: words, disabled: off, data: { part: `${part}-${at}` },
      onclick: () => (layer ? change(layer) : this.chosen(this.hidden.filter((_one, place) => place !== at))),
    }, text);
    const select = make("select", {
      translate: false,
      "aria-label": _("Activation of layer {number}", { number }), data: { part: `activation-${at}` },
      onchange: () => change([units, select.value]),
    }, ...ACTIVATIONS.map((word) => make("option", {}, word)));
    select.value = activation;
    return make("fieldset", {}, make("legend", {}, _("Layer {number}", { number })),
      button("fewer", "−", _("One unit fewer in layer {number}", { number }), units <= 1, [units - 1, activation]),
      make("output", { "aria-label": _("Units of layer {number}", { number }) }, String(units)),
      button("more", "+", _("One unit more in layer {number}", { number }), units >= MOST_UNITS, [units + 1, activation]),
      select, button("remove", "✕", _("Remove layer {number}", { number }), false, null));
  }
}
