// <servicetitan-node>: one node of a flow, an action in ServiceTitan or the state that starts the flow, to be
// configured in a page of Flow Builder's. pipelines/actions/README.md says how it is embedded, and how what it gives is run.
// Whatever comes from outside is written as text, never as HTML.

const STARTS = "servicetitan.customer_state.changed"; // the message that starts a flow; the type of a trigger
const EXPRESSION = /\{\{.*?\}\}/gs;
const UNCLOSED = /\{\{\s*[a-z_]/i; // once the expressions are taken out
const EXAMPLES = { customer_id: "{{customer_id}}", job_id: "{{job_id}}", contact_id: "{{contact.id}}" };
const MOMENT = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:?\d\d)$/;
const UUID = /^[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$/i;
const PATIENCE = 30_000; // milliseconds; the API itself gives up after 15 s
const TYPING = 150; // milliseconds until a search is asked for
const MOST_ROWS = 400; // of a result
const NO_WRITE = "a token that stands in a page may only read. To try a write, set the property fetch.";
const AGAIN = "The same again is sent with the same key, so that it is carried out once at most.";

const STYLE = new CSSStyleSheet();
STYLE.replaceSync(`
  :host { display: block; max-width: 44rem; font: 1rem/1.5 system-ui, sans-serif;
    color: var(--ink); background: var(--page);
    --ink: light-dark(#1b1f24, #e8eaed); --soft: light-dark(#575e68, #a9b1bb); --page: light-dark(#fff, #1a1d21);
    --edge: light-dark(#7b838d, #7f8893); --mark: light-dark(#0b57d0, #8ab4f8); --on-mark: light-dark(#fff, #10131a);
    --wrong: light-dark(#b3261e, #f5a9a3); }
  :host([hidden]), [hidden] { display: none !important; }
  * { box-sizing: border-box; overflow-wrap: anywhere; }
  p, ul { margin: 0; padding: 0; list-style: none; }
  .soft:empty { display: none; }
  label, legend, summary { font-weight: 600; }
  summary { cursor: pointer; padding: .4rem 0; }
  .about { margin: .4rem 0 .9rem; }
  .field, fieldset { margin: 0 0 .9rem; position: relative; min-width: 0; }
  fieldset { border: 1px solid var(--edge); border-radius: .4rem; padding: .5rem .75rem 0; }
  .soft, small { color: var(--soft); font-size: .875rem; font-weight: 400; }
  .wrong { color: var(--wrong); }
  input, textarea, button, dialog { font: inherit; color: var(--ink); background: var(--page); padding: .4rem .6rem;
    border: 1px solid var(--edge); border-radius: .4rem; }
  input, textarea { display: block; width: 100%; }
  ::placeholder { color: var(--soft); opacity: 1; }
  [aria-invalid=true] { border-color: var(--wrong); }
  button { cursor: pointer; }
  button.main, .active { color: var(--on-mark); background: var(--mark); }
  :focus-visible { outline: 2px solid var(--mark); outline-offset: 1px; }
  .combobox { position: relative; }
  .combobox > input { padding-right: 2rem; }
  .combobox::after { content: "▾" / ""; position: absolute; inset: .4rem .7rem auto auto; pointer-events: none; }
  .popup { position: absolute; z-index: 10; inset-inline: 0; background: var(--page); box-shadow: 0 .3rem 1rem #0006;
    scroll-margin-block: .5rem; }
  .popup > * { padding: .3rem .6rem; }
  [role=listbox] { max-height: min(16rem, 50vh); overflow-y: auto; border: 1px solid var(--edge); }
  [role=option] { padding: .3rem .6rem; border-radius: .3rem; cursor: pointer; }
  .row { display: flex; flex-wrap: wrap; gap: .4rem; margin: .4rem 0; }
  .date { margin: 0; }
  .date > :first-child { flex: 1; }
  dialog { max-width: min(26rem, 90vw); }
  table { width: 100%; border-collapse: collapse; font-size: .875rem; table-layout: fixed; }
  th, td { text-align: left; vertical-align: top; padding: .2rem .4rem .2rem 0; border-bottom: 1px solid var(--edge); }
  tbody th { font-weight: 400; }
`);

// Elements

/** "tag" or "tag.class"; children that are texts become text nodes, and what is undefined or empty is left out. */
function make(name, properties, ...children) {
  const [tag, className] = name.split(".");
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries({ className, ...properties })) {
    if (value === undefined) continue;
    if (key in element) element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children.filter(Boolean));
  return element;
}

const button = (words, onclick, properties) => make("button", { type: "button", onclick, ...properties }, words);
const details = (title, ...children) => make("details.field", {}, make("summary", {}, title), ...children);
const textOf = (value) => (value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value));
const quoted = (value) => `“${textOf(value)}”`;
const isGroup = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isExpression = (value) => typeof value === "string" && value.search(EXPRESSION) >= 0;

// Values: what a text means, what is wrong with a value, and what takes an expression's place

/** What was typed, as the field's type has it; what cannot be read so stays a text, and is wrong. */
function parsed(text, schema) {
  const bare = text.trim();
  if (!bare) return undefined;
  const isMeant = (one) => String(one).toLowerCase() === bare.toLowerCase();
  const choices = choicesOf(schema);
  const choice = choices.find(({ label }) => isMeant(label)) ?? choices.find(({ value }) => isMeant(value));
  if (choice) return choice.value;
  const isNumber = ["integer", "number"].includes(schema.type) && /^[+-]?\d+(\.\d+)?$/.test(bare);
  return isNumber && Math.abs(bare) <= Number.MAX_SAFE_INTEGER ? Number(bare) : text;
}

function choicesOf({ type, enum: values, "x-enum-labels": labels = values }) {
  if (type === "boolean") [values, labels] = [[true, false], ["Yes", "No"]];
  return (values ?? []).map((value, place) => ({ value, label: String(labels[place] ?? value) }));
}

function wrong(value, schema, name) {
  if (typeof value === "string" && UNCLOSED.test(value.replace(EXPRESSION, "")))
    return `the }} is missing behind the expression in ${quoted(value)}`;
  if (isExpression(value)) return "";
  const { type, format, maxLength, maxItems = Infinity, minimum = -Infinity } = schema;
  const { maximum = Infinity, exclusiveMaximum = Infinity } = schema;
  const example = Object.hasOwn(EXAMPLES, name) ? `such as ${EXAMPLES[name]}` : "in {{ }}";
  const no = (what, way) =>
    `${quoted(value)} is no ${what}${way ? `: ${way}, or write an expression ${example}` : ""}`;
  const choices = choicesOf(schema);
  if (type === "array" && Array.isArray(value))
    return value.length > maxItems
      ? `at most ${maxItems} are taken`
      : (value.map((one) => wrong(one, schema.items)).find(Boolean) ?? "");
  if (choices.length) return choices.some((one) => one.value === value) ? "" : no("choice", "take one of the list");
  if (type === "integer" && !Number.isSafeInteger(value)) return no("whole number", "type one");
  if (type === "number" && typeof value !== "number") return no("number", "type one");
  if (typeof value === "number") {
    const most = Math.min(maximum, exclusiveMaximum - 1);
    if (value < minimum) return `${value} is too little: ${minimum} is the least`;
    return value > most ? `${value} is too much: ${most} is the most` : "";
  }
  if (typeof value !== "string") return no(type);
  if (value.length > maxLength) return `it has ${value.length} characters; at most ${maxLength} are taken`;
  if (format === "uuid" && !UUID.test(value.trim())) return no("UUID", "copy one");
  if (format === "date-time" && !(MOMENT.test(value.trim()) && Date.parse(value) >= 0))
    return no("date and time with its zone, such as 2026-11-22T15:04:05Z", "choose one");
  return "";
}

/** Path -> what is wrong there, in words. */
function problemsOf(schema, input, above = "") {
  const found = {};
  for (const name of Object.keys(input))
    if (!Object.hasOwn(schema.properties, name)) found[above + name] = "the action takes no such field";
  for (const [name, field] of Object.entries(schema.properties)) {
    const [value, isNeeded] = [input[name], schema.required?.includes(name)];
    if (field.properties && (isGroup(value) || (isNeeded && value === undefined)))
      Object.assign(found, problemsOf(field, value ?? {}, `${above}${name}.`));
    else found[above + name] = value !== undefined ? wrong(value, field, name) : isNeeded ? "is needed" : "";
  }
  const ways = (schema.anyOf ?? []).flatMap((way) => way.required);
  const titles = ways.map((name) => schema.properties[name].title).join(", ");
  if (ways.every((name) => input[name] === undefined))
    for (const name of ways) found[above + name] = `one of these is needed: ${titles}`;
  return Object.fromEntries(Object.entries(found).filter(([, words]) => words));
}

function expressionsIn(value) {
  if (typeof value === "string") return value.match(EXPRESSION) ?? [];
  return typeof value === "object" ? [...new Set(Object.values(value ?? {}).flatMap(expressionsIn))] : [];
}

/** With the trial's values; what is typed for an expression is read as its field's type has it. Where nothing is typed,
 *  the field is left out, or the entry of a list, and so is a list or a group of which nothing stays. */
function replaced(value, schema, trial) {
  if (Array.isArray(value)) {
    const entries = value.map((one) => replaced(one, schema.items, trial)).filter((one) => one !== undefined);
    return entries.length ? entries : undefined;
  }
  if (isGroup(value)) {
    const all = Object.entries(value).map(([name, one]) => [name, replaced(one, schema.properties[name], trial)]);
    const parts = all.filter(([, one]) => one !== undefined);
    return parts.length ? Object.fromEntries(parts) : undefined;
  }
  if (!isExpression(value)) return value;
  return parsed(value.replace(EXPRESSION, (one) => trial.get(one) ?? ""), schema);
}

// Results: a row for each value, under the path by which a later node names it

const TYPES = { string: "text", integer: "whole number", boolean: "true or false", array: "list", object: "group" };

function rowsOf(value, schema = {}, path = "") {
  const own = schema.anyOf?.find((one) => one.type !== "null") ?? schema;
  const type = own.format === "date-time" ? "date and time" : (TYPES[own.type ?? typeof value] ?? own.type ?? "number");
  if (typeof value !== "object" || value === null || !Object.keys(value).length) return [{ path, value, type }];
  if (Array.isArray(value)) return value.flatMap((one, place) => rowsOf(one, own.items, `${path}[${place}]`));
  const below = path && `${path}.`;
  return Object.entries(value).flatMap(([name, one]) => rowsOf(one, own.properties?.[name], below + name));
}

function valueWords({ value, type }) {
  if (value === null) return "nothing";
  if (typeof value === "object") return "none";
  return type === "date and time" ? `${value} (here: ${new Date(value).toLocaleString()})` : String(value);
}

function table(name, value, schema) {
  const rows = rowsOf(value, schema);
  const heads = ["Field", "Value", "Type"].map((head) => make("th", { scope: "col" }, head));
  const lines = rows.slice(0, MOST_ROWS).map((row) => {
    const cells = [valueWords(row), row.type].map((words) => make("td", {}, words));
    return make("tr", {}, make("th", { scope: "row" }, row.path), ...cells);
  });
  const parts = [make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...lines)];
  const more = rows.length > MOST_ROWS && make("p.soft", {}, `… and ${rows.length - MOST_ROWS} more`);
  return make("div", {}, make("table", { "aria-label": name }, ...parts), more);
}

// Controls: each is {element, input}, and calls `commit(value)`, with undefined where it is empty

function controlOf(asked) {
  const { schema, options } = asked;
  if (schema.type === "array") return listControl(asked);
  if (options) return choiceControl(asked);
  return schema.format === "date-time" ? dateControl(asked) : textControl(asked);
}

function textControl({ id, schema, value, placeholder, aria, commit }) {
  const tag = schema.maxLength > 200 ? "textarea" : "input";
  const oninput = () => commit(parsed(input.value, schema));
  const input = make(tag, { id, placeholder, value: textOf(value), autocomplete: "off", oninput, ...aria });
  return { element: input, input };
}

/** The browser's own picker, in the reader's zone; or a text, which may be an expression. */
function dateControl(asked) {
  const { id, title, value, aria, commit } = asked;
  const moment = MOMENT.test(value) ? new Date(value) : undefined;
  const here = moment && new Date(moment - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  const toUtc = (local) => new Date(local).toISOString().replace(".000Z", "Z");
  const oninput = () => commit(picker.value ? toUtc(picker.value) : undefined);
  const picker = make("input", { id, type: "datetime-local", value: here ?? "", oninput, ...aria });
  const text = textControl({ ...asked, value: moment ? undefined : value }).input;
  const toggle = button("{{ }}", () => show(control.input === picker), { "aria-label": `${title}: as an expression` });
  const control = { element: make("div.row date") };
  function show(asText) {
    control.input = asText ? text : picker;
    toggle.setAttribute("aria-pressed", String(asText));
    control.element.replaceChildren(control.input, toggle);
  }
  show(value !== undefined && !moment);
  return control;
}

/** One of a list; or another text, which is read as the field's type has it. */
function choiceControl(asked) {
  const { schema, value, commit, labelOf } = asked;
  const own = choicesOf(schema);
  const text = own.find((one) => one.value === value)?.label ?? textOf(value);
  const control = combobox({ ...asked, text, typed: (words) => (commit(parsed(words, schema)), true) });
  if (!own.length && typeof value === "number") labelOf(value).then(control.show);
  return control;
}

/** Several of a list, each with a button that takes it away. */
function listControl(asked) {
  const { value, commit, labelOf } = asked;
  const chips = make("ul.row");
  const one = combobox({ ...asked, typed: (text) => isExpression(text) && add(text), commit: add });
  let entries = [value ?? []].flat();
  function add(entry) {
    set([...entries, entry]);
    one.clear();
  }
  function set(now) {
    entries = now;
    chips.replaceChildren(...entries.map(chip));
    commit(entries.length ? entries : undefined);
  }
  function chip(entry, place) {
    const taken = button("", () => (set(entries.toSpliced(place, 1)), one.input.focus()));
    const name = (words) => {
      taken.textContent = `${words} ×`;
      taken.setAttribute("aria-label", `Remove ${words}`);
    };
    name(textOf(entry));
    if (typeof entry === "number") labelOf(entry).then(name);
    return make("li", {}, taken);
  }
  chips.append(...entries.map(chip));
  return { element: make("div", {}, chips, one.element), input: one.input };
}

/** ARIA's editable combobox. `options(search)` gives {items: [{value, label, group}], note}; `typed(text)` hears every
 *  text, and says whether one that is no choice may stay: else the last that might comes back. */
function combobox({ id, title, text = "", placeholder, aria, options: find, typed, commit }) {
  const list = make("div", { role: "listbox", id: `${id}-list`, "aria-label": title });
  const note = make("p.soft", { role: "status" });
  const popup = make("div.popup", { hidden: true }, list, note);
  const roles = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id };
  const properties = { id, placeholder, value: text, autocomplete: "off", spellcheck: false, ...roles, ...aria };
  const input = make("input", properties);
  let [options, items, active, searches, settled, kept] = [[], [], -1, 0, text, text];

  function mark(place) {
    active = place;
    options.forEach((option, one) => {
      option.classList.toggle("active", one === place);
      option.setAttribute("aria-selected", String(one === place));
    });
    input.removeAttribute("aria-activedescendant");
    if (!options[place]) return;
    input.setAttribute("aria-activedescendant", options[place].id);
    options[place].scrollIntoView({ block: "nearest" });
  }
  function close() {
    searches += 1;
    popup.hidden = true;
    draw([]);
  }
  function choose({ label, value }) {
    close();
    input.value = settled = kept = label;
    commit(value);
  }
  function optionOf(item, place) {
    const own = { role: "option", id: `${id}-${place}`, "aria-selected": "false", onclick: () => choose(item) };
    return make("div", own, item.label);
  }
  function groupOf(group) {
    const heading = group && make("div.soft", { "aria-hidden": "true" }, group);
    const own = group ? { role: "group", "aria-label": group } : { role: "presentation" };
    return make("div", own, heading, ...options.filter((_, place) => items[place].group === group));
  }
  function draw(found) {
    items = found;
    options = items.map(optionOf);
    list.replaceChildren(...[...new Set(items.map(({ group }) => group))].map(groupOf));
    list.hidden = !items.length;
    input.setAttribute("aria-expanded", String(items.length > 0));
    mark(-1);
  }
  async function open(search, wait = 0) {
    const mine = (searches += 1);
    draw([]);
    [popup.hidden, note.textContent] = [false, "Reading the choices…"];
    await new Promise((resolve) => setTimeout(resolve, wait));
    const found = mine === searches && (await find(search.trim()));
    if (mine !== searches) return;
    draw(found.items);
    note.textContent = found.note ?? (items.length ? "" : `There is nothing like ${quoted(search)}.`);
    popup.scrollIntoView({ block: "nearest" }); // with the note, which stands below the list
  }
  async function move(step) {
    if (popup.hidden) await open("");
    if (items.length) mark(active < 0 && step < 0 ? items.length - 1 : (active + step + items.length) % items.length);
  }
  function leave() {
    const same = items.find(({ label }) => label.toLowerCase() === input.value.trim().toLowerCase());
    close();
    if (input.value === settled) return;
    if (same) choose(same);
    else input.value = kept;
  }

  input.addEventListener("click", () => popup.hidden && open(""));
  input.addEventListener("blur", leave);
  input.addEventListener("input", () => {
    if (input.value.trim() && !isExpression(input.value)) open(input.value, TYPING);
    else close();
    if (typed?.(input.value)) kept = input.value;
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") move(1);
    else if (event.key === "ArrowUp") move(-1);
    else if (event.key === "Enter" && active >= 0) choose(items[active]);
    else if (event.key === "Escape" && !popup.hidden) close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  popup.addEventListener("mousedown", (event) => event.preventDefault()); // the input keeps the focus
  const show = (words) => input.value === settled && (input.value = settled = kept = words);
  const clear = () => (input.value = settled = kept = "");
  return { element: make("div.combobox", {}, input, popup), input, show, clear };
}

/** Those of them with every word of the search in the label; where there are none, in the label or the group. */
function matching(choices, search) {
  const words = search.toLowerCase().split(/\s+/);
  const having = (text) => choices.filter((one) => words.every((word) => text(one).toLowerCase().includes(word)));
  const items = having(({ label }) => label);
  return { items: items.length ? items : having(({ label, group = "" }) => `${group} ${label}`) };
}

// The element

/** Web Crypto's randomUUID is not there on a page without TLS. */
const freshKey = () => `try-${crypto.getRandomValues(new Uint32Array(4)).join("-")}`;

/** The states that start a flow, in the form of an action. */
function triggerOf(triggers) {
  const starting = triggers.filter((one) => one.flow_name);
  const labels = starting.map((one) => `${one.state_name}: ${one.flow_name}`);
  const state = { title: "State", type: "number", enum: starting.map((one) => one.state), "x-enum-labels": labels };
  return {
    ...{ type: STARTS, label: "A customer enters a state", group: "Start of a flow", sample: { input: {} } },
    description: "Which state of a customer starts this flow, and under which name the tenant's rules start it.",
    input_schema: { properties: { state }, required: ["state"] },
  };
}

/** What the API, or the way to it, has against a request: problem details of RFC 9457. */
class Refusal extends Error {
  constructor(problem) {
    super([problem.title, problem.detail].filter(Boolean).join(": "));
    this.problem = problem;
  }
  /** Whether a write may have been carried out, or may yet be. */
  get isOpen() {
    const { status = 0, code } = this.problem;
    return status === 0 || status >= 500 || [408, 429].includes(status) || code === "in_progress";
  }
}

/** What a JSON text says, where that is an object. */
function groupIn(text) {
  try {
    const value = JSON.parse(text);
    return isGroup(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The same whatever the order of its fields. */
const canonical = (value) =>
  JSON.stringify(value, (_, one) => (isGroup(one) ? Object.fromEntries(Object.entries(one).sort()) : one));

class ServiceTitanNode extends HTMLElement {
  static observedAttributes = ["api", "tenant", "token", "kind", "value"];
  #root = this.attachShadow({ mode: "open" });
  #config = { input: {} }; // type, tenant, input
  #inputs = new Map(); // type -> input, of the actions that were looked at before
  #catalogue;
  #tenants = [];
  #unread; // what is wrong with a value that could not be read
  #fetch;
  #loads = 0;
  #fields = new Map(); // path -> {control, error, mark, isNeeded()}; the node's own are /type and /tenant
  #touched = new Set(); // the paths whose errors are shown
  #refused = {}; // path -> what the API had against it
  #trial = new Map(); // expression -> what stands for it in a trial
  #pending; // {asked, key} of the last trial, while nobody knows whether it was carried out
  #top = make("div");
  #body = make("div");
  #expressions = make("div");
  #status = make("p.soft about", { role: "status" });
  #alarm = make("div", { role: "alert" });
  #result = make("div");

  constructor() {
    super();
    this.#root.adoptedStyleSheets = [STYLE];
    this.#root.append(this.#top, this.#body, this.#status, this.#alarm, this.#result);
    // The page must neither take an inner event for the node's, nor a typed key for a shortcut of its own.
    for (const type of ["input", "keydown", "keyup"])
      this.#root.addEventListener(type, (event) => event.key === "Escape" || event.stopPropagation());
  }

  connectedCallback() {
    for (const name of ["fetch", ...ServiceTitanNode.observedAttributes]) {
      if (!Object.hasOwn(this, name)) continue; // set before this module had been read
      const value = this[name];
      delete this[name];
      this[name] = value;
    }
    if (!this.#catalogue) this.#reload();
  }

  attributeChangedCallback(name, before, now) {
    if (before === now) return;
    if (name === "value") this.value = now;
    else this.#reload();
  }

  get fetch() { return this.#fetch; }
  set fetch(given) {
    this.#fetch = given ?? undefined;
    if (!this.#catalogue) this.#reload();
  }

  /** The configuration as JSON; empty while nothing is chosen. */
  get value() {
    return this.#config.type ? JSON.stringify(this.#config) : "";
  }
  set value(given) {
    const config = isGroup(given) ? structuredClone(given) : groupIn(given || "{}");
    this.#unread = config ? undefined : { title: "The value is no configuration", detail: quoted(given) };
    if (this.#unread) return this.#problem(this.#unread);
    const { type, tenant, input } = config;
    if (canonical({ type, tenant, input }) === canonical(this.#config)) return;
    this.#config = { type, tenant, input: isGroup(input) ? input : {} };
    if (this.#catalogue) this.#reload();
  }

  /** Shows what is wrong, goes to the first of it, and says whether nothing is. */
  reportValidity() {
    if (!this.#catalogue) return false;
    this.#refused = {};
    const found = this.#problems();
    for (const path of this.#fields.keys()) this.#touched.add(path);
    this.#check();
    const first = [...this.#fields].find(([path]) => found[path])?.[1].control.input;
    first?.closest("details")?.setAttribute("open", "");
    first?.focus();
    const count = Object.keys(found).length;
    const fields = count === 1 ? "one field has" : `${count} fields have`;
    this.#clear(count ? `Not ready: ${fields} to be mended first.` : "");
    return !count;
  }

  // The catalogue

  #reload() {
    const mine = (this.#loads += 1);
    queueMicrotask(() => mine === this.#loads && this.isConnected && this.#load(mine));
  }

  async #load(mine) {
    if (!this.api)
      return this.#problem({ title: "The attribute api is missing", detail: "the address of the actions API" });
    this.#clear("Reading the actions…");
    const wanted = this.#config.tenant ?? this.tenant;
    try {
      const [catalogue, isThere] = await this.#read(wanted);
      if (mine !== this.#loads) return;
      this.#catalogue = catalogue;
      this.#name(wanted, isThere);
    } catch (refusal) {
      const again = button("Try again", () => this.#reload());
      if (mine === this.#loads) this.#problem(refusal.problem, again);
      return;
    }
    this.#clear("");
    this.#draw();
    if (this.#unread) this.#problem(this.#unread);
  }

  async #read(tenant) {
    try {
      if (!isExpression(tenant)) return [await this.#ask("/actions", { tenant }), true];
    } catch (refusal) {
      if (tenant === undefined || refusal.problem.code !== "not_found") throw refusal;
    }
    return [await this.#ask("/actions"), false];
  }

  /** The tenant as the catalogue names it; one that was given by its id keeps that. */
  #name(wanted, isThere) {
    this.#tenants = [...this.#catalogue.tenants];
    const same = this.#tenants.find((name) => name.toLowerCase() === String(wanted).toLowerCase());
    if (wanted !== undefined && isThere && !same) this.#tenants.push(wanted);
    this.#config.tenant = same ?? wanted ?? (this.#tenants.length === 1 ? this.#tenants[0] : undefined);
  }

  get #actions() {
    const all = [triggerOf(this.#catalogue.triggers), ...this.#catalogue.actions];
    return all.filter((one) => !this.kind || (this.kind === "trigger") === (one.type === STARTS));
  }
  get #action() { return this.#actions.find((one) => one.type === this.#config.type); }

  async #ask(path, query = {}, init = {}) {
    const asked = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== undefined));
    const url = `${this.api.replace(/\/+$/, "")}${path}${asked.size ? `?${asked}` : ""}`;
    const headers = { Accept: "application/json", ...init.headers };
    if (!this.#fetch && this.token) headers.Authorization = `Bearer ${this.token}`;
    const send = this.#fetch ?? ((...all) => fetch(...all));
    let answer, text;
    try {
      answer = await send(url, { ...init, headers, signal: AbortSignal.timeout(PATIENCE) });
      text = await answer.text();
    } catch (error) {
      const toAsk = `Does it run, and does ACTIONS_ORIGINS name ${location.origin}?`;
      const detail = `${url} cannot be reached from here (${error.message}). ${toAsk}`;
      throw new Refusal({ title: "No answer", detail });
    }
    const body = groupIn(text);
    if (answer.ok && body) return body;
    const seconds = answer.headers.get("Retry-After") ?? undefined;
    const unknown = { title: `Status ${answer.status}`, detail: `${url} does not answer as the actions API does` };
    throw new Refusal({ ...unknown, ...body, status: answer.status, seconds });
  }

  /** The choices of an input that `x-options` names, as `combobox` takes them. */
  async #options(field, search) {
    if (!/^\/options\/\w+$/.test(field)) return { items: [], note: `${quoted(field)} is no list of choices` };
    const { tenant } = this.#config;
    if (isExpression(tenant)) return { items: [], note: "Each tenant has its own: type an id, or an expression." };
    try {
      const page = await this.#ask(field, { tenant, search });
      const notes = [
        page.cursor && "There are more: type a word of it.",
        page.is_whole === false && "ServiceTitan's list is longer than what is read of it.",
        page.age_seconds > 600 && `As of ${new Date(page.as_of).toLocaleString()}: ServiceTitan does not answer now.`,
      ];
      return { items: page.items, note: notes.filter(Boolean).join(" ") || undefined };
    } catch (refusal) {
      return { items: [], note: `${refusal.message}. An id, or an expression, can be typed.` };
    }
  }

  async #labelOf(field, value) {
    const { items, note } = await this.#options(field, String(value));
    const found = items.find((one) => one.value === value);
    return found ? found.label : note ? String(value) : `${value} (not in this tenant's list)`;
  }

  // The form

  #draw() {
    const focused = this.#root.activeElement?.id;
    this.#fields.clear();
    const actions = this.#actions.map(({ type, label, group }) => ({ value: type, label, group }));
    const tenants = this.#tenants.map((name) => ({ value: name, label: name }));
    const { type = actions.length === 1 ? actions[0].value : undefined, tenant } = this.#config;
    this.#config.type = type;
    const [move, turn] = [(name) => this.#moveTo(name), (name) => this.#turnTo(name)];
    const byText = (text) => isExpression(text) && (move(text), true);
    const own = (name, title, choices, text, commit, typed) => {
      const draw = (asked) => combobox({ ...asked, text, typed, options: (search) => matching(choices, search) });
      return this.#field({ path: `/${name}`, schema: { title }, isNeeded: () => true, commit, draw });
    };
    const isAsked = tenants.length > 1 || tenant !== tenants[0]?.value;
    this.#top.replaceChildren(
      isAsked ? own("tenant", "Tenant", tenants, tenant, move, byText) : "",
      actions.length > 1 ? own("type", "Action", actions, this.#action?.label ?? type, turn) : "",
    );
    this.#drawBody();
    if (focused) this.#root.getElementById(focused)?.focus();
  }

  /** The choices are the tenant's, and so are the triggers. */
  async #moveTo(tenant) {
    if (tenant === this.#config.tenant) return;
    this.#config.tenant = tenant;
    this.#drawBody();
    this.#changed();
    if (isExpression(tenant)) return;
    const mine = (this.#loads += 1);
    try {
      const catalogue = await this.#ask("/actions", { tenant });
      if (mine !== this.#loads) return;
      this.#catalogue = catalogue;
      if (this.#config.type === STARTS) this.#drawBody();
    } catch (refusal) {
      if (mine === this.#loads) this.#problem(refusal.problem);
    }
  }

  #turnTo(type) {
    if (type === this.#config.type) return;
    this.#inputs.set(this.#config.type, this.#config.input);
    Object.assign(this.#config, { type, input: this.#inputs.get(type) ?? {} });
    this.#drawBody();
    this.#changed();
  }

  #drawBody() {
    for (const path of this.#fields.keys()) if (!path.startsWith("/")) this.#fields.delete(path);
    this.#touched.clear();
    this.#clear("");
    this.#body.replaceChildren(...(this.#action ? this.#bodyOf(this.#action) : []));
    this.#drawExpressions();
    this.#check();
  }

  #bodyOf(action) {
    const { input: sample, result } = action.sample;
    const fields = this.#formOf(action.input_schema, sample, this.#config.input);
    const example = result && details("What comes back", table("Example", result, action.result_schema));
    const words = action.writes ? "Try it (writes to ServiceTitan)" : "Try it";
    const trial = [this.#expressions, button(words, () => this.#try(action), { className: "main" })];
    const parts = [make("p.soft about", {}, action.description), ...fields, example];
    return [...parts, ...(action.type === STARTS ? [] : trial)].filter(Boolean);
  }

  /** First those that are needed, in the sample or filled in; what the action takes no more is shown, to be emptied. */
  #formOf(schema, sample, input, group) {
    const needed = [...(schema.required ?? []), ...(schema.anyOf ?? []).flatMap((way) => way.required)];
    const unknown = Object.keys(input).filter((name) => !Object.hasOwn(schema.properties, name));
    const all = [...Object.entries(schema.properties), ...unknown.map((name) => [name, { title: name }])];
    const isFirst = ([name]) => group || needed.includes(name) || name in sample || name in input;
    const draw = ([name, field]) =>
      this.#inputField(name, field, schema.required?.includes(name), sample[name], input[name], group);
    const more = all.filter((one) => !isFirst(one)).map(draw);
    return [...all.filter(isFirst).map(draw), more.length ? details(`More (${more.length})`, ...more) : ""];
  }

  /** What is needed of a group is so once the group is, or something of it is filled in. */
  #inputField(name, schema, isRequired, sample, value, group) {
    const path = group ? `${group.name}.${name}` : name;
    const isNeeded = () => isRequired && (!group || group.isNeeded() || this.#config.input[group.name] !== undefined);
    if (schema.properties && (value === undefined || isGroup(value)))
      return this.#group(name, schema, isNeeded, sample ?? {}, value ?? {});
    const shown = sample ?? schema.examples?.[0];
    const label = choicesOf(schema).find((one) => one.value === shown)?.label ?? textOf(shown);
    const placeholder = label ? `such as ${label}` : undefined;
    const commit = (now) => this.#set(name, now, group?.name);
    return this.#field({ path, schema, isNeeded, placeholder, value, commit });
  }

  #group(name, schema, isNeeded, sample, value) {
    const [error, mark] = [this.#errorOf(name), make("small")];
    const entry = { control: {}, error, mark, isNeeded };
    this.#fields.set(name, entry);
    const fields = this.#formOf(schema, sample, value, { name, isNeeded });
    entry.control.input = this.#fields.get(`${name}.${Object.keys(schema.properties)[0]}`).control.input;
    const head = [make("legend", {}, schema.title, mark), make("p.soft", {}, schema.description)];
    return make("fieldset", { "aria-describedby": error.id }, ...head, error, ...fields);
  }

  #field({ path, schema, isNeeded, commit, draw = controlOf, ...rest }) {
    const id = `field-${path}`;
    const [own, list] = [choicesOf(schema), schema["x-options"]];
    const options = own.length ? (text) => matching(own, text) : list && ((text) => this.#options(list, text));
    const lists = { options, labelOf: (value) => this.#labelOf(list, value) };
    const aria = { "aria-describedby": `${id}-help ${id}-error` };
    const told = (value) => (this.#touched.add(path), commit(value));
    const control = draw({ id, title: schema.title, schema, aria, commit: told, ...lists, ...rest });
    const preset = own.find((one) => one.value === schema.default)?.label ?? schema.default;
    const help = [schema.description, preset !== undefined && !Array.isArray(preset) && `Without it: ${preset}`];
    const [error, mark] = [this.#errorOf(path), make("small")];
    this.#fields.set(path, { control, error, mark, isNeeded });
    const said = make("p.soft", { id: `${id}-help` }, help.filter(Boolean).join(". "));
    return make("div.field", {}, make("label", { htmlFor: id }, schema.title, mark), control.element, said, error);
  }

  #errorOf(path) {
    return make("p.wrong", { id: `field-${path}-error`, "aria-live": "polite" });
  }

  #set(name, value, group) {
    const input = group ? { ...this.#config.input[group] } : this.#config.input;
    if (value === undefined) delete input[name];
    else input[name] = value;
    if (group) return this.#set(group, Object.keys(input).length ? input : undefined);
    this.#refused = {};
    this.#changed();
  }

  #changed() {
    this.#drawExpressions();
    this.#check();
    const { type, tenant, input } = this.#config;
    const detail = structuredClone({ type, tenant, input });
    if (type) this.dispatchEvent(new CustomEvent("change", { bubbles: true, detail }));
  }

  #problems() {
    const found = {};
    const { tenant, type, input } = this.#config;
    const unknown = (what, article, one) =>
      one === undefined ? `choose ${article} ${what}` : `there is no ${what} ${quoted(one)}: choose one`;
    const isLater = type !== STARTS && isExpression(tenant);
    if (!isLater && !this.#tenants.includes(tenant)) found["/tenant"] = unknown("tenant", "a", tenant);
    if (!this.#action) found["/type"] = unknown("action", "an", type);
    else Object.assign(found, problemsOf(this.#action.input_schema, input));
    for (const [path, { control }] of this.#fields)
      if (control.input.validity.badInput) found[path] = "the date is not complete";
    return { ...found, ...this.#refused };
  }

  /** Writes beside each field what is wrong with it, once somebody has been there; and which are needed now. */
  #check() {
    const found = this.#catalogue ? this.#problems() : {};
    for (const [path, { control, error, mark, isNeeded }] of this.#fields) {
      const words = (this.#touched.has(path) && found[path]) || "";
      if (error.textContent !== words) error.textContent = words;
      const isNeededNow = Boolean(isNeeded());
      mark.textContent = isNeededNow ? " required" : "";
      if (control.input.id !== `field-${path}`) continue; // a group: its fields speak for themselves
      control.input.setAttribute("aria-invalid", String(words !== ""));
      control.input.setAttribute("aria-required", String(isNeededNow));
    }
  }

  // The trial

  /** An expression has no value here: one is asked for, for the trial only. */
  #drawExpressions() {
    const { tenant, input } = this.#config;
    const fields = expressionsIn({ tenant, input }).map((expression, place) => {
      const [id, value] = [`trial-${place}`, this.#trial.get(expression) ?? ""];
      const oninput = (event) => this.#trial.set(expression, event.target.value);
      const label = make("label", { htmlFor: id }, `${expression} in the trial`);
      return make("div.field", {}, label, make("input", { id, value, autocomplete: "off", oninput }));
    });
    this.#expressions.replaceChildren(...fields);
  }

  async #try(action) {
    if (!this.reportValidity()) return;
    const tenant = replaced(this.#config.tenant, {}, this.#trial);
    const input = replaced(this.#config.input, action.input_schema, this.#trial) ?? {};
    const problems = { ...(tenant ? {} : { tenant: "is needed" }), ...problemsOf(action.input_schema, input) };
    const wrong = Object.entries(problems).map(([path, words]) => `${path}: ${words}`);
    if (wrong.length) return this.#problem({ title: "Not with these values for the trial", detail: wrong.join("; ") });
    if (action.writes && !this.#fetch && this.token) return this.#problem({ title: "Not tried", detail: NO_WRITE });
    if (!action.writes || (await this.#isConfirmed(action, tenant)))
      await this.#run(action, JSON.stringify({ tenant, input }));
  }

  #isConfirmed({ label }, tenant) {
    const words = `“${label}” is carried out in ServiceTitan, for ${tenant}: this is no rehearsal.`;
    const yes = button("Carry it out", () => dialog.close("yes"), { className: "main" });
    const row = make("div.row", {}, button("Cancel", () => dialog.close()), yes);
    const dialog = make("dialog", { "aria-labelledby": "asked" }, make("p", { id: "asked" }, words), row);
    this.#root.append(dialog);
    dialog.showModal();
    return new Promise((resolve) => {
      dialog.addEventListener("close", () => (dialog.remove(), resolve(dialog.returnValue === "yes")));
    });
  }

  /** A write that may have been carried out is repeated with its key, any other one has a key of its own. */
  async #run({ type, writes, result_schema: schema }, body) {
    const asked = type + body;
    if (this.#pending?.asked !== asked) this.#pending = { asked, key: freshKey() };
    const headers = { "Content-Type": "application/json", ...(writes && { "Idempotency-Key": this.#pending.key }) };
    this.#clear("Running…");
    try {
      const result = await this.#ask(`/actions/${type}`, {}, { method: "POST", body, headers });
      this.#pending = undefined;
      this.#clear("Done. It gave:");
      this.#result.replaceChildren(table("Result", result, schema));
    } catch (refusal) {
      if (!refusal.isOpen) this.#pending = undefined;
      this.#problem(refusal.problem, writes && this.#pending && make("p", {}, AGAIN));
    }
  }

  // What is said

  #clear(words) {
    this.#status.textContent = words;
    this.#alarm.replaceChildren();
    this.#result.replaceChildren();
  }

  /** In words; what is about a field stands beside it, too. */
  #problem({ title, detail, seconds, errors = {}, type, code, status, ...more }, behind) {
    const pathOf = (place) => place.replace(/^input\./, "").replace(/^tenant$/, "/tenant");
    const lines = Object.entries(errors).map(([place, words]) => [pathOf(place), [words].flat().join("; ")]);
    this.#refused = Object.fromEntries(lines.filter(([path]) => this.#fields.has(path)));
    for (const path of Object.keys(this.#refused)) this.#touched.add(path);
    this.#check();
    this.#clear("");
    const said = [
      make("p.wrong", {}, make("strong", {}, title), detail && `: ${detail}`),
      seconds && make("p", {}, `It can be tried again in ${seconds} seconds.`),
      make("ul", {}, ...lines.map(([path, words]) => make("li", {}, `${path}: ${words}`))),
      behind,
    ];
    this.#alarm.append(...said.filter(Boolean));
    if (Object.keys(more).length) this.#result.replaceChildren(table("What is known", more));
  }
}

for (const name of ["api", "tenant", "token", "kind"])
  Object.defineProperty(ServiceTitanNode.prototype, name, {
    get() { return this.getAttribute(name) ?? undefined; },
    set(value) { value == null ? this.removeAttribute(name) : this.setAttribute(name, value); },
  });

if (!customElements.get("servicetitan-node")) customElements.define("servicetitan-node", ServiceTitanNode);
