"""What every page owes people who see little, use no mouse, or hear the page read: asked of the browser itself.

Contrast follows WCAG 2.2, 1.4.3 (AA): 4.5 to 1, or 3 to 1 for large text (24 px, or 18.66 px in bold).
"""

from __future__ import annotations

from playwright.sync_api import Page

FAINT = """() => {
  const parts = (text) => {
    const found = text.match(/[\\d.]+/g).map(Number);
    const scale = text.startsWith("color(") ? 255 : 1;
    return [...found.slice(0, 3).map((v) => v * scale), found[3] ?? 1];
  };
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const behind = (node) => {
    const layers = [];
    for (let n = node; n; n = n.parentElement) layers.push(parts(getComputedStyle(n).backgroundColor));
    return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255, 1]);
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !node.checkVisibility() || node.closest("option, .hidden, .skip")) continue;
    const style = getComputedStyle(node), back = behind(node), ink = over(parts(style.color), back);
    const [a, b] = [light(ink), light(back)].sort((x, y) => y - x), size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < (large ? 3 : 4.5)) faint.push(`${ratio.toFixed(2)}: ${walker.currentNode.data.trim().slice(0, 40)}`);
  }
  return faint;
}"""

NAMELESS = """() => {
  const words = (n) => (n.checkVisibility() ? n.innerText : n.textContent).trim();
  const name = (n) => n.getAttribute("aria-label") || n.labels?.[0]?.textContent || n.alt || words(n)
    || n.querySelector("img")?.alt;
  const found = [...document.querySelectorAll("button, a, summary, input:not([type=hidden]), select, img, progress")]
    .filter((n) => !(name(n) ?? "").trim()).map((n) => n.outerHTML.slice(0, 120));
  const ids = [...document.querySelectorAll("[id]")].map((n) => n.id);
  const twice = ids.filter((id, i) => ids.indexOf(id) !== i).map((id) => `id ${id} twice`);
  const titles = document.querySelectorAll("h1").length === 1 ? [] : ["not one h1"];
  return [...found, ...twice, ...titles];
}"""

SMALL = """() => [...document.querySelectorAll("button, .button, summary")].filter((n) => n.checkVisibility())
  .filter((n) => n.getBoundingClientRect().height < 40).map((n) => n.outerHTML.slice(0, 120))"""


def faults(page: Page) -> list[str]:
    """What is too faint to read, has no name, or is too small for a thumb. Empty: nothing."""
    wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    found = [f"faint {text}" for text in page.evaluate(FAINT)]
    found += [f"nameless {text}" for text in page.evaluate(NAMELESS)]
    found += [f"small {text}" for text in page.evaluate(SMALL)]
    return found + (["it scrolls sideways"] if wide else [])
