"use strict";
(() => {
  const form = document.querySelector(".filters");
  if (!form) return;
  const findings = [...document.querySelectorAll(".finding")];
  const sections = [...document.querySelectorAll(".revision")];
  const texts = new Map();
  const textOf = (one) => {
    if (!texts.has(one)) texts.set(one, `${one.dataset.revision} ${one.textContent}`.toLowerCase());
    return texts.get(one);
  };
  const filter = () => {
    const severities = new Set([...form.querySelectorAll("[name=severity]:checked")].map((one) => one.value));
    const area = form.elements.area.value;
    const revision = form.elements.revision.value;
    const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const one of findings) {
      const { severity, area: own, revision: of } = one.dataset;
      const meant = severities.has(severity) && (!area || area === own) && (revision === "*" || revision === of)
        && words.every((word) => textOf(one).includes(word));
      one.hidden = !meant;
      shown += meant;
    }
    for (const one of sections) one.hidden = !one.querySelector(".finding:not([hidden])");
    form.querySelector("output").value = `${shown} of ${findings.length}`;
  };
  const fold = (open) => { for (const one of findings) if (!one.hidden || !open) one.open = open; };
  const reveal = () => {
    const meant = location.hash && document.getElementById(location.hash.slice(1));
    if (!meant) return;
    if (meant.closest("[hidden]")) { form.reset(); filter(); }
    if (meant.matches(".finding")) meant.open = true;
    meant.scrollIntoView();
  };
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", filter);
  const button = form.elements.unfold;
  button.addEventListener("click", () => {
    const open = button.textContent === "Unfold all";
    fold(open);
    button.textContent = open ? "Fold all" : "Unfold all";
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.closest("input, select, textarea")) {
      event.preventDefault();
      form.elements.text.focus();
    }
  });
  let before = [];
  addEventListener("beforeprint", () => { before = findings.filter((one) => !one.open); fold(true); });
  addEventListener("afterprint", () => { for (const one of before) one.open = false; });
  addEventListener("hashchange", reveal);
  filter();
  reveal();
})();
