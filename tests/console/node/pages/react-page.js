// A step of a flow in React: it holds the configuration, and gives it back to the node each time that it changes.
import { createElement as h, createRoot, useState } from "./react.js";
import "/console/static/servicetitan-node.js";

const send = (url, init) => fetch(url, init);

function Step() {
  const [configuration, setConfiguration] = useState({ type: "servicetitan_get_customer", tenant: "socal", input: {} });
  const node = h("servicetitan-node", {
    api: "/servicetitan",
    fetch: send,
    value: JSON.stringify(configuration),
    onchange: (event) => setConfiguration(event.detail),
  });
  return h("section", {}, node, h("output", { "aria-label": "Saved" }, JSON.stringify(configuration)));
}

createRoot(document.querySelector("#place")).render(h(Step));
