// What the colours of a text show: the choice between its measures, the first of them by default.

class Measures {
  constructor(number) {
    const block = document.getElementById(`measures-${number}`);
    if (!block) return; // one measure only: the text stands in its colours
    this.all = JSON.parse(block.textContent);
    const options = this.all.map(({ id, name }) => [id, name]);
    const { control, label } = select(say("colours"), options, (id) =>
      choose(number, { measure: id === this.all[0].id ? null : id, token: null }));
    this.control = control;
    document.querySelector(`#colours-${number} > span`).replaceWith(label);
  }

  // What is chosen, or the first where this text does not have that.
  get shown() {
    return this.all && (this.all.find(({ id }) => id === state.measure) ?? this.all[0]);
  }

  update() {
    if (!this.control) return;
    this.look(null);
    this.control.value = this.shown.id;
  }

  // While a token is chosen the colours show where it looks: an entry of its own says so.
  look(name) {
    if (!this.control) return;
    this.control.querySelector("[value='']")?.remove();
    if (name === null) return;
    this.control.prepend(make("option", { value: "", textContent: name }));
    this.control.value = "";
  }
}
