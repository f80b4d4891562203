/* Shows the buttons for passkeys where the browser has them, and says so when one did not work. */
(() => {
  "use strict";
  const work = Boolean(window.webauthnJSON && window.webauthnJSON.supported());
  document.querySelectorAll("[data-passkeys]").forEach((part) => { part.hidden = !work; });
  document.querySelectorAll("[data-without-passkeys]").forEach((part) => { part.hidden = work; });
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    document.querySelectorAll("[data-passkey-failed]").forEach((told) => { told.hidden = false; });
  });
})();
