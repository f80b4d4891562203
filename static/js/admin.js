"use strict";

// Names of columns stand beside the cells on a narrow screen: they begin like sentences.
document.addEventListener("DOMContentLoaded", () => {
  for (const cell of document.querySelectorAll("td[data-label], th[data-label]")) {
    const name = cell.dataset.label;
    cell.dataset.label = name.charAt(0).toLocaleUpperCase() + name.slice(1);
  }
});

// Select2 draws a box of its own over a list of choices and names the box by the choice, never by the list's label.
// This script puts the label before that name: on the box, and on the field for typing in the box.
{
  const nameBoxes = () => {
    for (const select of document.querySelectorAll("select.select2-hidden-accessible")) {
      const label = select.labels?.[0];
      const box = select.nextElementSibling;
      if (!label || !box?.classList.contains("select2")) {
        continue;
      }
      label.id ||= `label-of-${select.id}`;
      for (const field of box.querySelectorAll("[role=combobox], [role=searchbox], .select2-search__field")) {
        const chosen = field.querySelector(".select2-selection__rendered[role=textbox]")?.id;
        field.setAttribute("aria-labelledby", chosen ? `${label.id} ${chosen}` : label.id);
      }
    }
  };

  // The boxes are drawn when the document is ready; those of a row added to a table, at the event that adds the row.
  window.addEventListener("load", nameBoxes);
  document.addEventListener("formset:added", () => window.setTimeout(nameBoxes));
}
