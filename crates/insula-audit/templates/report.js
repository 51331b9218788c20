"use strict";
(() => {
  const search = document.getElementById("search");
  if (!search) return;
  const items = [...document.querySelectorAll("[data-search]")];
  const rows = items.filter((item) => item.tagName === "TR");
  const modules = items.filter((item) => item.tagName === "DETAILS");
  const chips = [...document.querySelectorAll("[data-show]")];
  const count = document.getElementById("count");
  const nothing = document.getElementById("nothing");
  let wanted = "all";

  const apply = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (item) =>
      words.every((word) => item.dataset.search.includes(word)) &&
      (wanted === "all" || item.dataset.severities.split(" ").includes(wanted));
    for (const item of items) item.hidden = !fits(item);
    const shown = rows.filter((row) => !row.hidden).length;
    count.textContent = shown === rows.length ? `${rows.length} shown` : `${shown} of ${rows.length} shown`;
    nothing.hidden = shown > 0;
  };
  search.addEventListener("input", apply);
  for (const chip of chips) {
    if (chip.dataset.show !== "all" && !rows.some((row) => row.dataset.severities.split(" ").includes(chip.dataset.show)))
      chip.remove();
    chip.addEventListener("click", () => {
      wanted = chip.dataset.show;
      for (const other of chips) other.setAttribute("aria-pressed", String(other === chip));
      apply();
    });
  }
  for (const [id, open] of [["open", true], ["close", false]])
    document.getElementById(id).addEventListener("click", () => {
      for (const module of modules) if (!module.hidden) module.open = open;
    });

  // A link to a module or a rule opens it.
  const follow = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.tagName === "DETAILS") {
      target.open = true;
      target.hidden = false;
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", follow);
  document.getElementById("filter").hidden = false;
  document.getElementById("actions").hidden = false;
  apply();
  follow();
})();
