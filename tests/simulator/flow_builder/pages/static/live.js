// Brings what changed into the page without loading it anew: the parts that carry data-live, unless somebody is in one.
const EVERY = 3000;
const seen = new WeakMap(); // as it came last: what a reader opened in it since is no change

function isInUse(part) {
  const selection = document.getSelection();
  const isSelected = selection && !selection.isCollapsed && part.contains(selection.anchorNode);
  return part.contains(document.activeElement) || isSelected;
}

async function refresh() {
  if (document.hidden || !document.querySelector("[data-live]")) return;
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const other = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
    if (!other || isInUse(part)) continue;
    const before = seen.get(part) ?? part.innerHTML;
    seen.set(part, other.innerHTML);
    if (other.innerHTML === before) continue;
    part.replaceChildren(...document.adoptNode(other).childNodes);
  }
}

setInterval(() => refresh().catch(() => {}), EVERY);
