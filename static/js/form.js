/* What our forms do in the browser: are sent once, show what an answer asks for, and are kept while being typed.
   Everything also works without this file. Nothing is stored in the browser. */

const EVERY = 10_000;

/* A form marked data-once is sent once. Coming back to the page makes it usable again. */
function sendOnce(form) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    window.setTimeout(() => delete form.dataset.sent, 20_000);
  });
  window.addEventListener("pageshow", () => delete form.dataset.sent);
}

/* data-reveals="question" data-reveals-when="yes not_sure": shown while one of these answers is chosen, or while
   there is an error to see. An answer that is hidden itself is none. Without aria-expanded: radios must not have it. */
function reveal(part) {
  const form = part.closest("form");
  const values = part.dataset.revealsWhen.split(" ");
  const asked = [...form.elements].filter((control) => control.name === part.dataset.reveals);
  const chosen = (control) => {
    if (control.closest("[data-reveals][hidden]")) return false;
    if (control.type === "radio" || control.type === "checkbox") {
      return control.checked && values.includes(control.value);
    }
    return values.includes(control.value);
  };
  const wrong = part.querySelector(".govuk-error-message") !== null;
  const settle = () => {
    part.hidden = !wrong && !asked.some(chosen);
  };
  form.addEventListener("change", settle);
  window.addEventListener("pageshow", settle);
  settle();
}

function howLongAgo(seconds) {
  if (seconds < 5) return "just now";
  if (seconds < 60) return `${Math.floor(seconds / 10) * 10 || 5} seconds ago`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return minutes === 1 ? "1 minute ago" : `${minutes} minutes ago`;
  return "more than an hour ago";
}

/* What [data-draft-status] shows. Only a change between saved and not saved is read out. */
function draftStatus(place) {
  const shown = document.createElement("span");
  const spoken = document.createElement("span");
  shown.setAttribute("aria-hidden", "true");
  spoken.className = "govuk-visually-hidden";
  spoken.setAttribute("role", "status");
  place.replaceChildren(shown, spoken);
  let savedAt = null;
  let state = "";
  const tell = (next, text) => {
    place.dataset.state = next;
    shown.textContent = text;
    if (state !== next) spoken.textContent = text;
    state = next;
  };
  const age = () => {
    if (savedAt && state === "saved") tell("saved", `Saved ${howLongAgo((Date.now() - savedAt) / 1000)}`);
  };
  window.setInterval(age, 5_000);
  return {
    saved() {
      savedAt = Date.now();
      tell("saved", "Saved just now");
    },
    failed(why) {
      tell("failed", `Not saved. ${why}`);
    },
  };
}

/* A form marked data-draft is sent to its own address, with the header X-Draft, on leaving a field and every ten
   seconds while there is something new. 204 is "kept". */
function keepDraft(form) {
  const place = document.querySelector("[data-draft-status]");
  const status = place ? draftStatus(place) : { saved() {}, failed() {} };
  let typed = 0;
  let kept = 0;
  let busy = false;
  let sending = false;

  async function keep({ leaving = false } = {}) {
    if (busy || sending || typed === kept) return;
    busy = true;
    const upTo = typed;
    try {
      const answer = await fetch(form.getAttribute("action") || window.location.href, {
        method: "POST",
        body: new FormData(form),
        headers: { "X-Draft": "1" },
        credentials: "same-origin",
        redirect: "manual",
        keepalive: leaving,
      });
      if (sending) return;
      if (answer.status === 204) {
        kept = upTo;
        status.saved();
      } else if (answer.status === 423) {
        kept = upTo;
        status.failed("The page has locked. What you typed is kept: press Save, then enter your password.");
      } else if (answer.status === 413) {
        status.failed("It is too long to be kept whole. Shorten it, or save it in two parts.");
      } else if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) {
        status.failed("You may be signed out: sign in again in another window, then carry on here.");
      } else {
        status.failed("It will be tried again.");
      }
    } catch {
      if (!sending) status.failed("You seem to be offline. It will be tried again.");
    } finally {
      busy = false;
    }
  }

  form.addEventListener("input", () => {
    typed += 1;
  });
  form.addEventListener("focusout", () => keep());
  form.addEventListener("change", () => keep());
  form.addEventListener("submit", (event) => {
    if (!event.defaultPrevented) sending = true;
  });
  document.querySelector("form[data-discards]")?.addEventListener("submit", () => {
    sending = true;
  });
  window.addEventListener("pageshow", () => {
    sending = false;
  });
  window.addEventListener("online", () => keep());
  window.addEventListener("offline", () => {
    if (typed !== kept) status.failed("You seem to be offline. It will be tried again.");
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") keep({ leaving: true });
  });
  window.setInterval(() => keep(), EVERY);
}

document.querySelectorAll("form[data-once]").forEach(sendOnce);
document.querySelectorAll("[data-reveals]").forEach(reveal);
document.querySelectorAll("form[data-draft]").forEach(keepDraft);
