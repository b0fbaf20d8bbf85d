// Follows the queue while a page is open: it is drawn anew when something has happened, unless somebody is typing, and its ages are
// those of now. The page works without it.
"use strict";
(() => {
  const find = (id) => document.getElementById(id);
  const tell = (node, text) => { if (node && node.textContent !== text) node.textContent = text; };
  let state = document.body.dataset.state;
  // What answers a form that was not done holds what was typed into it.
  const still = "still" in document.body.dataset;
  // Whether there is news that has not been drawn, because somebody was typing.
  let waits = false;
  let heard = Date.now();
  // By how much the clock of this browser is ahead of the server's, which may be on another machine.
  const difference = (page) => Date.now() - Date.parse(page.body.dataset.now);
  let ahead = difference(document);
  // What a browser puts back into a form after "Back" counts as typed too.
  const isTyped = () => still || [...document.querySelectorAll("main input:not([type=hidden]), main textarea")]
    .some((field) => field.type === "checkbox" ? field.checked !== field.defaultChecked : field.value !== field.defaultValue);

  // As tix rounds them.
  const words = (seconds) => {
    for (const [unit, size, from] of [["d", 86400, 172800], ["h", 3600, 3600], ["min", 60, 60]]) {
      if (seconds >= from) return `${Math.floor(seconds / size)} ${unit} ago`;
    }
    return `${Math.max(0, Math.floor(seconds))} s ago`;
  };
  const count = () => {
    const age = find("age");
    if (age && age.dataset.seconds) tell(age, `as of ${words(Number(age.dataset.seconds) + (Date.now() - heard) / 1000)}`);
    for (const time of document.querySelectorAll("main time")) {
      tell(time, words((Date.now() - ahead - Date.parse(time.dateTime)) / 1000));
    }
  };
  const away = (why) => {
    find("as-of").classList.toggle("away", why !== "");
    tell(find("away"), why);
  };

  // What two pages have in common is left as it is: whoever reads or walks through it with the keyboard stays where they are.
  const key = (node) => {
    if (node.nodeType !== Node.ELEMENT_NODE) return node.nodeName;
    const link = ["LI", "TR"].includes(node.nodeName) ? node.querySelector("a[href]") : node;
    const names = ["href", "action", "name", "aria-labelledby"].map((name) => link && link.getAttribute(name));
    return [node.nodeName, node.id, ...names].join(" ");
  };
  const attributes = (old, now) => {
    for (const { name, value } of now.attributes) {
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    for (const { name } of [...old.attributes]) {
      // What somebody has opened stays open.
      if (!now.hasAttribute(name) && name !== "open") old.removeAttribute(name);
    }
  };
  const renew = (old, now) => {
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.data !== now.data) old.data = now.data;
      return;
    }
    attributes(old, now);
    const left = [...old.childNodes];
    const pairs = [...now.childNodes].map((next) => {
      const at = left.findIndex((one) => key(one) === key(next));
      return [at < 0 ? null : left.splice(at, 1)[0], next];
    });
    left.forEach((one) => one.remove());
    let place = old.firstChild;
    for (const [same, next] of pairs) {
      if (same === null) {
        old.insertBefore(next, place);
      } else {
        if (same === place) place = place.nextSibling;
        else old.insertBefore(same, place);
        renew(same, next);
      }
    }
  };
  // What had the focus may have moved to another lane, or be gone.
  const refocus = (lost) => {
    if (!lost || lost === document.body || document.activeElement === lost) return;
    const form = (one) => one.form && one.form.getAttribute("action");
    const alike = (one) => key(one) === key(lost) && form(one) === form(lost);
    const found = lost.isConnected ? lost : [...document.querySelectorAll(`main ${lost.nodeName}`)].find(alike);
    (found || find("main")).focus({ preventScroll: true });
  };

  let turn = 0;
  const draw = async () => {
    waits = isTyped();
    if (waits) {
      tell(find("news"), "there is news: load the page again to see it");
      return;
    }
    const mine = ++turn;
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine !== turn) return;
    if (isTyped()) {
      draw();
      return;
    }
    const focused = document.activeElement;
    renew(find("main"), page.getElementById("main"));
    renew(find("as-of"), page.getElementById("as-of"));
    refocus(focused);
    heard = Date.now();
    ahead = difference(page);
  };

  // Whoever leaves the fields as they were has typed nothing that could be lost.
  document.addEventListener("focusout", () => { if (waits && !isTyped()) draw(); });

  const follow = () => {
    const events = new EventSource("/events?since=" + encodeURIComponent(state));
    events.addEventListener("news", (event) => { state = event.lastEventId; draw(); });
    events.addEventListener("away", (event) => away(JSON.parse(event.data)));
    events.addEventListener("age", (event) => {
      const age = find("age");
      if (age && event.data !== "") {
        age.dataset.seconds = event.data;
        heard = Date.now();
        count();
      }
    });
    events.onerror = async () => {
      if (events.readyState !== EventSource.CLOSED) {
        away("tix serve does not answer");
        return;
      }
      // A browser gives up after an answer that is no stream; a server that was started again has other sessions.
      setTimeout(follow, 5000);
      const answer = await fetch(location.href, { method: "HEAD" }).catch(() => null);
      if (answer && answer.status === 403) {
        away("this page has no session any more: open the address that tix serve printed when it was started again");
      } else {
        away(answer && answer.ok ? "too many pages are open, so this one does not follow" : "tix serve does not answer");
      }
    };
  };
  setInterval(count, 1000);
  follow();
})();
