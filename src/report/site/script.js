"use strict";
// Sorting and filtering of the ledger. Without it the table stands whole, in the order of the registry.
(function () {
  const table = document.getElementById("ledger");
  const form = document.getElementById("filters");
  if (!table || !form) return;
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const shown = document.getElementById("shown");
  form.hidden = false;

  function filter() {
    const wanted = { chapter: form.chapter.value, evidence: form.evidence.value, verdict: form.verdict.value };
    const text = form.text.value.trim().toLowerCase();
    let count = 0;
    for (const row of rows) {
      const data = row.dataset;
      const fits = Object.keys(wanted).every((key) => !wanted[key] || data[key] === wanted[key]) &&
        (!text || row.textContent.toLowerCase().includes(text));
      row.hidden = !fits;
      if (fits) count += 1;
    }
    shown.textContent = count + " of " + rows.length + " claims";
    const state = new URLSearchParams();
    for (const key of Object.keys(wanted)) if (wanted[key]) state.set(key, wanted[key]);
    if (text) state.set("text", text);
    try { history.replaceState(null, "", "#" + state); } catch (_) { /* pages without an address of their own */ }
  }

  function sort(header, key, numeric) {
    const up = header.getAttribute("aria-sort") !== "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", up ? "ascending" : "descending");
    const value = (row) => (numeric ? Number(row.dataset[key]) : row.dataset[key]);
    const order = (a, b) => {
      const x = value(a), y = value(b);
      // What has no number stands last either way.
      if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y);
      return (x < y ? -1 : x > y ? 1 : rows.indexOf(a) - rows.indexOf(b)) * (up ? 1 : -1);
    };
    body.append(...rows.slice().sort(order));
  }

  for (const button of table.tHead.querySelectorAll("button")) {
    const header = button.closest("th");
    button.addEventListener("click", () => sort(header, button.dataset.key, button.dataset.numeric === "yes"));
  }
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  const state = new URLSearchParams(location.hash.slice(1));
  for (const [key, value] of state) if (form.elements[key]) form.elements[key].value = value;
  filter();
})();
