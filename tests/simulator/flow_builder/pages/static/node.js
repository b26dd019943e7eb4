// Puts <servicetitan-node> into the step's page. It calls the API through our own back end, which has the token.
const place = document.getElementById("node");
const configuration = document.getElementById("configuration");
const tenant = document.getElementById("tenant");
const byHand = document.getElementById("by-hand");
const mixes = document.getElementById("mixes");
const OF_A_TENANT = /\{\{\s*(customer|job)_id\s*\}\}/; // another tenant has another's record under that id
let isByHand = false; // what was written last

function throughTheBackEnd(address, options) {
  const isRequest = address instanceof Request;
  const url = new URL(isRequest ? address.url : address, place.dataset.api);
  const own = `/servicetitan${url.pathname}${url.search}`;
  return fetch(isRequest ? new Request(own, address) : own, options);
}

function take(event) {
  if (!(event instanceof CustomEvent) || event.detail == null) return;
  const { tenant = "", input } = event.detail;
  configuration.value = JSON.stringify(event.detail, null, 1);
  mixes.hidden = !tenant || tenant.includes("{{") || !OF_A_TENANT.test(JSON.stringify(input));
  isByHand = false;
}

function embed() {
  const node = document.createElement("servicetitan-node");
  node.fetch = throughTheBackEnd;
  node.setAttribute("api", place.dataset.api);
  node.setAttribute("kind", "action");
  node.setAttribute("tenant", tenant.value);
  if (configuration.value) node.setAttribute("value", configuration.value);
  node.addEventListener("change", take);
  place.replaceChildren(node);
  configuration.addEventListener("input", () => (isByHand = true));
  configuration.form.addEventListener("submit", (event) => {
    if (!isByHand && !node.reportValidity()) event.preventDefault();
  });
}

function say(words) {
  const line = document.createElement("p");
  line.className = "bad";
  line.textContent = words;
  place.replaceChildren(line);
  byHand.open = true;
}

try {
  await import(place.dataset.script);
  embed();
} catch {
  say(`The node is not there: ${place.dataset.script} does not load. The step can be written as JSON below.`);
}
