// Makes one element like another and keeps every node that stays the same: focus, open covers, half-written forms and
// scroll positions survive. Children with data-key are matched by it, the others by their place.

export function morph(from, to) {
  attributes(from, to);
  const keyed = new Map([...from.children].filter((child) => child.dataset.key).map((child) => [child.dataset.key, child]));
  const wanted = new Set([...to.children].map((child) => child.dataset.key));
  let at = from.firstChild;
  for (const fresh of [...to.childNodes]) {
    // Blanks between elements are no reason to make these anew: a page has some that its fragment lacks.
    while (blank(at) && !blank(fresh)) at = removed(at);
    const key = fresh.dataset?.key;
    const old = key ? keyed.get(key) : like(at, fresh) ? at : null;
    if (!old) { from.insertBefore(fresh, at); continue; }
    // A node that is moved loses its focus: what is no longer wanted before it goes first, and most never move.
    while (at && at !== old && !(at.dataset?.key && wanted.has(at.dataset.key))) at = removed(at);
    if (old === at) at = at.nextSibling;
    else from.insertBefore(old, at);
    update(old, fresh);
  }
  while (at) at = removed(at);
}

function removed(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

function blank(node) {
  return node?.nodeType === Node.TEXT_NODE && !node.data.trim();
}

function like(old, fresh) {
  return old && old.nodeType === fresh.nodeType && old.nodeName === fresh.nodeName && !old.dataset?.key;
}

function update(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
  } else if (!old.isEqualNode(fresh) && !ours(old)) {
    if (old.nodeName === fresh.nodeName) morph(old, fresh);
    else old.replaceWith(fresh);
  }
}

// What the page itself has changed and the server knows nothing of: a form being filled in, an answer, a drawing.
function ours(node) {
  return node.matches("output, form[data-touched], [data-own]") || node.id === "stream";
}

function attributes(from, to) {
  if (from.nodeName === "MAIN") return;
  const kept = from.nodeName === "DETAILS" ? ["open"] : "camera" in from.dataset ? ["src", "data-lost"] : from.getAttribute("aria-busy") ? ["aria-busy", "disabled"] : [];
  for (const { name } of [...from.attributes]) if (!to.hasAttribute(name) && !kept.includes(name)) from.removeAttribute(name);
  for (const { name, value } of to.attributes) if (from.getAttribute(name) !== value && !kept.includes(name)) from.setAttribute(name, value);
}
