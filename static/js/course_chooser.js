"use strict";

// A chooser of courses takes any text, for a course that is still to come. Select2 puts what was typed before what was
// found, so that Enter would choose the letters; here the found come first.
{
  const { select2 } = window.django.jQuery.fn;
  select2.defaults.set("insertTag", (found, typed) => found.push(typed));
}
