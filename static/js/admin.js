"use strict";

// Select2 draws a box of its own over a list of choices and names it by what is chosen, never by the list's label.
// This puts the label before it: on the box, and on the field in it that is typed into.
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

  // The boxes are drawn when the document is ready; those of a row added to a table, by the event that adds it.
  window.addEventListener("load", nameBoxes);
  document.addEventListener("formset:added", () => window.setTimeout(nameBoxes));
}
