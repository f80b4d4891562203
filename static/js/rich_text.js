"use strict";

// Trix, the editor of descriptions, knows lines and no paragraphs: it would run those of a stored text together as soon
// as a form opens. So the text lies in a textarea, which is what is sent. The editor gets a copy in its own way of
// writing, and writes back, as paragraphs, only what somebody changed. A text that the editor cannot hold, such as a
// table, is shown as it is, in the textarea.
{
  const INLINE = new Set(["A", "BR", "EM", "STRONG", "SUB", "SUP", "U"]);
  const RENAMED = { B: "strong", I: "em", H1: "h3", H2: "h3" };

  const parsed = (html) => {
    const template = document.createElement("template");
    template.innerHTML = html;
    return template.content;
  };

  const isBreak = (node) => node.nodeName === "BR";
  const isBlank = (node) => node.nodeType === Node.TEXT_NODE && !/[^ \t\r\n]/.test(node.data);

  const tidy = (parent) => {
    for (const node of [...parent.childNodes]) {
      if (node.nodeType === Node.COMMENT_NODE) {
        node.remove();
      } else if (node.nodeType === Node.TEXT_NODE) {
        node.data = node.data.replace(/[ \t\r\n]+/g, " ");
      } else {
        for (const { name } of [...node.attributes]) {
          if (!["href", "colspan", "rowspan"].includes(name)) {
            node.removeAttribute(name);
          }
        }
        tidy(node);
        if (node.nodeName in RENAMED) {
          const other = document.createElement(RENAMED[node.nodeName]);
          other.append(...node.childNodes);
          node.replaceWith(other);
        }
      }
    }
  };

  // The text as it is stored: each paragraph an element of its own, none of them empty.
  const asStored = (html) => {
    const content = parsed(html);
    tidy(content);
    const blocks = [];
    let line = [];
    const close = () => {
      while (line.length && (isBreak(line[0]) || isBlank(line[0]))) {
        line.shift();
      }
      while (line.length && (isBreak(line.at(-1)) || isBlank(line.at(-1)))) {
        line.pop();
      }
      if (line.length) {
        const paragraph = document.createElement("p");
        paragraph.append(...line);
        blocks.push(paragraph);
      }
      line = [];
    };
    const walk = (nodes) => {
      for (const node of [...nodes]) {
        if (node.nodeName === "P" || node.nodeName === "DIV") {
          close();
          walk(node.childNodes);
          close();
        } else if (isBreak(node) && line.length && isBreak(line.at(-1))) {
          close();
        } else if (node.nodeType === Node.TEXT_NODE || INLINE.has(node.nodeName)) {
          line.push(node);
        } else {
          close();
          blocks.push(node);
        }
      }
    };
    walk(content.childNodes);
    close();
    return blocks.map((block) => block.outerHTML).join("");
  };

  // The text as the editor writes it: paragraphs that follow each other are one block with blank lines.
  const asEdited = (html) => {
    let edited = "";
    let previous = "";
    for (const block of parsed(asStored(html)).children) {
      const joins = block.nodeName === "P" && previous === "P";
      if (block.nodeName === "P") {
        edited = joins ? `${edited.slice(0, -"</div>".length)}<br><br>` : `${edited}<div>`;
        edited += `${block.innerHTML}</div>`;
      } else {
        edited += block.outerHTML;
      }
      previous = block.nodeName;
    }
    return edited;
  };

  // The editor takes every space that it reads in HTML for a common one, and those before French colons would be lost. So
  // it reads stand-ins, which the text has no use for, and has the spaces themselves put into what it read.
  const STAND_INS = { "\u00a0": "\ue000", "\u202f": "\ue001" };

  const load = (editor, html) => {
    let text = html.replaceAll("&nbsp;", "\u00a0");
    for (const [space, standIn] of Object.entries(STAND_INS)) {
      text = text.replaceAll(space, standIn);
    }
    editor.loadHTML(text);
    let read = JSON.stringify(editor);
    for (const [space, standIn] of Object.entries(STAND_INS)) {
      read = read.replaceAll(standIn, space);
    }
    editor.loadJSON(JSON.parse(read));
  };

  const setUp = (box) => {
    const source = box.querySelector("textarea");
    const editor = box.querySelector("trix-editor");
    const given = source.value;
    const label = source.labels?.[0];
    load(editor.editor, asEdited(given));
    const start = editor.value;
    if (asStored(start) !== asStored(given)) {
      return;
    }
    source.style.display = "none";
    box.querySelector("[data-rich-text-editor]").hidden = false;
    if (label) {
      label.id ||= `label-of-${source.id}`;
      editor.setAttribute("aria-labelledby", label.id);
      label.addEventListener("click", () => editor.focus());
    }
    editor.addEventListener("trix-change", () => {
      source.value = editor.value === start ? given : asStored(editor.value);
    });
  };

  document.addEventListener("trix-initialize", (event) => {
    const box = event.target.closest("[data-rich-text]");
    if (box) {
      setUp(box);
    }
  });
  // The server keeps no files in a text.
  document.addEventListener("trix-file-accept", (event) => event.preventDefault());
}
