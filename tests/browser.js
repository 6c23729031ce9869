"use strict";
// Loads every page of PAGES in a frame of 400 and of 1400 pixels and says what is wrong with it, a line per finding.
const WIDTHS = [400, 1400];
const findings = [];
let frames = 0;

// Before anything of the page runs: errors and refused requests are kept.
const WATCH = "<script>window.__found = [];" +
  "addEventListener('error', (e) => __found.push('error: ' + (e.message || 'something could not be loaded')), true);" +
  "addEventListener('unhandledrejection', (e) => __found.push('error: ' + e.reason));" +
  "addEventListener('securitypolicyviolation', (e) => __found.push('fetched: ' + e.blockedURI));" +
  "console.error = (...a) => __found.push('error: ' + a.join(' '));<\/script>";

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function visible(element) {
  if (!element.checkVisibility()) return false;
  const box = element.getBoundingClientRect();
  return box.width > 0 && box.height > 0;
}

// Rectangles of the lines of text that an element itself holds.
function lines(win, element) {
  const out = [];
  for (const node of element.childNodes) {
    if (node.nodeType !== 3 || !node.textContent.trim()) continue;
    const range = win.document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) out.push({ box, text: node.textContent.trim().slice(0, 40), element });
  }
  return out;
}

// The part of a box that a scrolling parent leaves to be seen; nothing of it may be left.
function clipped(line) {
  const parent = line.element.closest(".wide, pre");
  if (!parent) return line;
  const a = line.box, b = parent.getBoundingClientRect();
  const left = Math.max(a.left, b.left), right = Math.min(a.right, b.right);
  const box = { left, right, top: a.top, bottom: a.bottom, height: a.height };
  return right > left ? { ...line, box } : null;
}

// By how much two boxes overlap, in pixels of the smaller side; line boxes of neighbours may touch.
function overlap(a, b) {
  const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  return Math.min(across, down - 0.45 * Math.min(a.height, b.height));
}

function overlaps(win) {
  const doc = win.document;
  const svg = Array.from(doc.querySelectorAll("svg text")).filter(visible)
    .map((element) => ({ box: element.getBoundingClientRect(), text: element.textContent.slice(0, 40), element }));
  const blocks = Array.from(doc.querySelectorAll("body *:not(svg):not(svg *)")).filter((e) => e.tagName !== "SCRIPT" && visible(e))
    .flatMap((element) => lines(win, element))
    // Indices stand inside the line of what they belong to.
    .filter((line) => !line.element.closest("sub, sup, .skip"))
    .map(clipped).filter(Boolean);
  const out = [];
  const all = svg.concat(blocks).sort((a, b) => a.box.top - b.box.top);
  for (let i = 0; i < all.length; i += 1) {
    for (let k = i + 1; k < all.length && all[k].box.top < all[i].box.bottom; k += 1) {
      if (all[i].element.contains(all[k].element) && all[i].element !== all[k].element && overlap(all[i].box, all[k].box) < 4) continue;
      if (overlap(all[i].box, all[k].box) > 1.5) out.push("overlap: “" + all[i].text + "” and “" + all[k].text + "”");
    }
  }
  return out;
}

function channels(colour) {
  const found = colour.match(/rgba?\(([^)]*)\)/);
  return found ? found[1].split(/[ ,\/]+/).map(Number) : [0, 0, 0, 0];
}

function luminance([r, g, b]) {
  const f = (v) => { const c = v / 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
  return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b);
}

function ground(win, element) {
  for (let at = element; at; at = at.parentElement) {
    const colour = channels(win.getComputedStyle(at).backgroundColor);
    if (colour.length < 4 || colour[3] > 0) return colour;
  }
  return [255, 255, 255];
}

// Text has to stand out from its ground: 4.5 to 1, the level AA of WCAG.
function contrasts(win) {
  const out = new Set();
  for (const element of win.document.querySelectorAll("body *")) {
    const inSvg = element.namespaceURI.endsWith("svg");
    if (inSvg && element.tagName !== "text") continue;
    if (!visible(element) || (!inSvg && lines(win, element).length === 0)) continue;
    const style = win.getComputedStyle(element);
    const [a, b] = [luminance(channels(inSvg ? style.fill : style.color)), luminance(ground(win, element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) out.add("contrast " + ratio.toFixed(2) + ": “" + element.textContent.slice(0, 30) + "”");
  }
  return [...out];
}

function figures(win) {
  const out = [];
  for (const figure of win.document.querySelectorAll("figure")) {
    const svg = figure.querySelector("svg");
    const box = svg && svg.getBoundingClientRect();
    if (!box || box.width < 200 || box.height < 80) out.push("figure: not to be seen, " + figure.id);
    else if (svg.querySelectorAll(".series path").length === 0) out.push("figure: empty, " + figure.id);
    else if (!svg.querySelector("title")) out.push("figure: without a title, " + figure.id);
  }
  return out;
}

// The ledger's filters and its sorting, by what a reader does.
async function filters(win) {
  const doc = win.document;
  const form = doc.getElementById("filters"), table = doc.getElementById("ledger");
  if (!form || !table) return [];
  const out = [];
  const rows = () => Array.from(table.tBodies[0].rows);
  const shown = () => rows().filter((row) => row.checkVisibility());
  const total = rows().length;
  if (form.hidden || !visible(form)) out.push("filters: not to be seen");
  const set = (name, value) => { form.elements[name].value = value; form.dispatchEvent(new win.Event("input", { bubbles: true })); };
  for (const name of ["chapter", "evidence", "verdict"]) {
    let sum = 0;
    for (const option of form.elements[name].options) {
      if (!option.value) continue;
      set(name, option.value);
      sum += shown().length;
      if (shown().some((row) => row.dataset[name] !== option.value)) out.push("filters: " + name + " " + option.value);
    }
    if (sum !== total) out.push("filters: " + name + " shows " + sum + " of " + total);
    set(name, "");
  }
  set("text", "no claim says this");
  if (shown().length !== 0) out.push("filters: words");
  form.elements.text.value = "";
  form.reset();
  await sleep(20);
  if (shown().length !== total) out.push("filters: the whole ledger does not come back");
  for (const button of table.tHead.querySelectorAll("button")) {
    if (!visible(button)) continue;
    button.focus();
    if (doc.activeElement !== button) out.push("filters: a heading cannot be reached by keyboard");
    for (const way of ["ascending", "descending"]) {
      button.click();
      const key = button.dataset.key, numeric = button.dataset.numeric === "yes";
      const values = rows().map((row) => (numeric ? Number(row.dataset[key]) : row.dataset[key])).filter((v) => v === v);
      const good = values.every((v, i) => i === 0 || (way === "ascending" ? values[i - 1] <= v : values[i - 1] >= v));
      if (!good || button.closest("th").getAttribute("aria-sort") !== way) out.push("filters: sorted by " + key + " " + way);
    }
  }
  return out;
}

async function check(name, page, width) {
  const frame = document.createElement("iframe");
  frame.style.cssText = "border:0;height:900px;width:" + width + "px";
  const loaded = new Promise((resolve) => { frame.onload = resolve; });
  frame.srcdoc = page.replace(/<head>/, "<head>" + WATCH);
  document.body.append(frame);
  await loaded;
  await sleep(20);
  const win = frame.contentWindow, doc = win.document;
  const found = [];
  if (doc.documentElement.scrollWidth > width + 1) found.push("wide: " + doc.documentElement.scrollWidth + " pixels");
  found.push(...figures(win), ...overlaps(win), ...contrasts(win));
  // What is behind a click has to stand, too.
  for (const details of doc.querySelectorAll("details")) details.open = true;
  await sleep(5);
  if (doc.documentElement.scrollWidth > width + 1) found.push("wide: opened, " + doc.documentElement.scrollWidth + " pixels");
  found.push(...overlaps(win).map((line) => "opened, " + line));
  found.push(...(await filters(win)));
  for (const entry of win.performance.getEntriesByType("resource")) found.push("fetched: " + entry.name);
  found.push(...win.__found);
  for (const line of found.slice(0, 12)) findings.push(name + " at " + width + ": " + line);
  frames += 1;
  frame.remove();
}

(async () => {
  try {
    for (const [name, page] of PAGES) for (const width of WIDTHS) await check(name, page, width);
  } catch (error) {
    findings.push("error: the checks themselves: " + error.stack);
  }
  document.getElementById("out").textContent = findings.concat(frames + " frames checked").join("\n");
})();
