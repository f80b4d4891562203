/* Passkeys: shows their buttons where the browser has them, asks the browser, and sends what it answers.

   A form with data-passkey is "add" or "show", with the server's question in data-options, or "sign-in", which fetches
   the question. Questions and answers are turned into bytes and back by mfa/js/webauthn-json.js. */
(() => {
  "use strict";
  const passkeys = window.webauthnJSON;
  const work = Boolean(passkeys && passkeys.supported());

  const show = (name, isShown) => {
    document.querySelectorAll(`[${name}]`).forEach((part) => { part.hidden = !isShown; });
  };

  const answerOf = async (form) => {
    if (form.dataset.passkey === "sign-in") {
      const response = await fetch(form.action, { headers: { Accept: "application/json" } });
      if (!response.ok) throw new Error(response.statusText);
      return passkeys.get((await response.json()).request_options);
    }
    const question = JSON.parse(form.dataset.options);
    if (form.dataset.passkey === "show") return passkeys.get(question);
    const alone = form.elements.passwordless.checked;
    const wanted = question.publicKey.authenticatorSelection;
    wanted.residentKey = alone ? "required" : "discouraged";
    wanted.requireResidentKey = alone;
    if (alone) wanted.userVerification = "required";
    return passkeys.create(question);
  };

  show("data-passkeys", work);
  show("data-without-passkeys", !work);
  document.querySelectorAll("form[data-passkey]").forEach((form) => {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      show("data-passkey-failed", false);
      try {
        form.elements.credential.value = JSON.stringify(await answerOf(form));
        form.submit();
      } catch {
        show("data-passkey-failed", true);
      }
    });
  });
})();
