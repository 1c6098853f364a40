// The choices of a text's map, beside it: what hides in it, all heads and everything else.

// A list with an entry for what is none of its own: several layers or heads.
function listOf(label, options, pick) {
  const { control, label: box } = makeSelect(label, [...options, ["", say("several")]], pick);
  control.lastChild.hidden = true;
  return { label: box, show: (value) => (control.value = value), get value() {
    return control.value;
  } };
}

// The lists of layers and heads: a selection by name.
class LayerAndHead {
  constructor({ layers, heads }, hasHeads, pick) {
    const mean = say(page.sums ? "sum_heads" : "mean_heads", { n: heads });
    const choose = () => pick(`${this.layer.value || "all"}.${this.head.value || "mean"}`);
    const list = (label, count, all, isLast) => {
      const numbers = upTo(count).map((i) => [String(i + 1), String(i + 1)]);
      const made = listOf(say(label), isLast ? [...numbers, all] : [all, ...numbers], choose);
      made.label.hidden = count <= 1;
      return made;
    };
    this.layer = list("layer", layers, ["all", say("all_layers")], true);
    this.head = list("head", hasHeads ? heads : 0, ["mean", mean], false);
    this.box = make("div", { className: "controls by-name" }, this.layer.label, this.head.label);
  }

  // Of several layers or heads it says so.
  show(selection) {
    const [layer, head] = onlyItem(selection) ?? ["", ""];
    this.layer.show(String(layer));
    this.head.show(String(head));
  }
}

// "Hide [CLS] and [SEP]", with the special tokens of this text.
function hideText({ labels, special }) {
  const names = [...new Set(special.map((at) => labels[at]))];
  if (names.length > 2) return say("hide_all");
  const tokens = names.length > 1 ? say("two_tokens", { first: names[0], second: names[1] }) : names[0];
  return say("hide", { tokens });
}

class Controls {
  constructor(panel) {
    this.panel = panel;
    this.side = 0; // which of two selections the pictures and the lists of layers and heads change
    const { number, hasHeads, data } = panel;
    const added = (selection, isAdded) => (isAdded ? toggled(this.current(), selection) : selection);
    const about = { figures: headFigures(data), hasHeads, number, tokens: tokensOfDots(data) };
    this.grid = new HeadGrid(page, about, {
      pick: (selection, isAdded) => this.pick(added(selection, isAdded)),
      look: (selection, isAdded) => panel.look(selection && added(selection, isAdded)),
    });
    this.byName = new LayerAndHead(page, hasHeads, (selection) => this.pick(selection));
    const set = (name) => (value) => choose(number, { [name]: value });
    this.selects = {};
    if (data.pair) {
      const parts = ["", ...Object.keys(PARTS)].map((part) => [part, say(`part_${part || "all"}`)]);
      this.selects.part = makeSelect(say("part"), parts, (value) => choose(number, { part: value || null }));
    }
    this.boxes = {
      ...(data.special.length ? { content: makeCheckbox(hideText(data), set("content")) } : {}),
      ...(data.words && !(data.pool > 1) ? { words: makeCheckbox(say("words"), set("words")) } : {}),
    };
    this.makeBoxes();
  }

  // What hides in the map, all heads, and the rest folded.
  makeBoxes() {
    const { data, hasHeads } = this.panel;
    const { grid } = this;
    const labels = (controls) => Object.values(controls).map(({ label }) => label);
    this.compare = make("div", { className: "compare" });
    const hide = this.boxes.content ? [make("div", { className: "controls hiding" }, this.boxes.content.label)] : [];
    const words = this.boxes.words ? [this.boxes.words.label] : [];
    const rest = make("div", { className: "controls" },
      ...labels(this.selects), ...words, grid.figure.label, grid.add.label);
    if (data.unspaced) rest.append(make("small", { textContent: say("no_words") }));
    this.more = make("details", { className: "more" },
      make("summary", { textContent: say("more_options") }), rest);
    const byName = this.byName.box;
    const only = hasHeads ? [] : [make("small", { textContent: say("only_layers") })];
    this.box = make("div", { className: "heads-box" },
      ...hide, grid.box, grid.every.label, grid.says, byName, ...only, this.compare, this.more);
    byName.hidden = this.compare.hidden = page.layers * page.heads === 1;
    offerExports(this.box);
    this.more.append(this.box.querySelector(".tools"));
  }

  // Where no map can be drawn, there is no second map beside it.
  hideMapChoices() {
    this.compare.hidden = true;
  }

  hide(isHidden) {
    this.box.hidden = isHidden;
  }

  current() {
    return this.panel.kept()[this.side];
  }

  pick(selection) {
    this.panel.look(null);
    // The text takes the colours of the map that is kept, in place of a colouring chosen before.
    choose(this.panel.number, this.side ? { with: selection } : { ...asState(selection), measure: null });
  }

  update(choice, selections) {
    this.side = Math.min(this.side, selections.length - 1);
    this.byName.show(selections[this.side]);
    for (const [name, { control }] of Object.entries(this.selects)) control.value = choice[name] ?? "";
    for (const [name, { input }] of Object.entries(this.boxes)) input.checked = choice[name];
    this.grid.update(choice.grid, selections);
    if (choice.part || choice.words || choice.grid) this.more.open = true;
    this.showCompare(selections);
  }

  // With one selection, a button to add a second; with two, which of them is being changed.
  showCompare(selections) {
    const key = JSON.stringify([selections, this.side, state.content]);
    if (key === this.compared) return;
    this.compared = key;
    const focused = document.activeElement?.dataset?.compare;
    this.compare.replaceChildren(...(selections.length > 1 ? this.twoSides(selections) : [this.beginButton()]));
    if (!focused || this.compare.contains(document.activeElement)) return;
    const again = this.compare.querySelector(`[data-compare="${focused}"]`);
    (again ?? this.compare.querySelector("[data-compare]")).focus();
  }

  beginButton() {
    return this.makeButton("begin", () => {
      this.side = 1;
      const [shown] = this.panel.selections();
      choose(this.panel.number, { with: shown === "all.mean" ? `${page.layers}.mean` : "all.mean" });
    });
  }

  twoSides(selections) {
    const { number } = this.panel;
    const sides = selections.map((_, i) => {
      const input = make("input", { type: "radio", name: `side-${number}`, checked: i === this.side });
      input.dataset.compare = `side${i}`;
      input.addEventListener("change", () => {
        this.side = i;
        this.panel.update();
      });
      return make("label", {}, input, ` ${say("side", { side: "AB"[i], view: this.panel.viewName(i) })}`);
    });
    const legend = make("legend", { textContent: say("side_chosen") });
    return [
      make("fieldset", {}, legend, ...sides),
      this.makeButton("swap", () => choose(number, { ...asState(selections[1]), with: selections[0] })),
      this.makeButton("close", () => choose(number, { with: null })),
    ];
  }

  makeButton(name, act) {
    const button = makeButton(say(`compare_${name}`), act);
    button.dataset.compare = name;
    return button;
  }
}
