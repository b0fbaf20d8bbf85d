// Follows the queue while a page is open: it is drawn anew when something has happened, unless somebody is typing. The page works
// without it.
"use strict";
(() => {
  const find = (id) => document.getElementById(id);
  let state = document.body.dataset.state;
  // What answers a form that was not done holds what was typed into it.
  let typed = "still" in document.body.dataset;
  let heard = Date.now();
  document.addEventListener("input", () => { typed = true; });

  // As tix rounds them.
  const words = (seconds) => {
    for (const [unit, size] of [["d", 86400], ["h", 3600], ["min", 60]]) {
      if (seconds >= size) return `${Math.floor(seconds / size)} ${unit} ago`;
    }
    return `${seconds} s ago`;
  };
  const count = () => {
    const age = find("age");
    if (age) age.textContent = words(Number(age.dataset.seconds) + Math.floor((Date.now() - heard) / 1000));
  };
  const away = (why) => {
    find("as-of").classList.toggle("away", why !== "");
    find("away").textContent = why;
  };

  const draw = async () => {
    if (typed) {
      find("as-of").dataset.news = "there is news: load the page again to see it";
      return;
    }
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (typed) return;
    const open = [...document.querySelectorAll("details")].map((one) => one.open);
    const focused = document.activeElement && document.activeElement.id;
    document.querySelector("main").replaceWith(document.adoptNode(page.querySelector("main")));
    find("as-of").replaceWith(document.adoptNode(page.getElementById("as-of")));
    document.querySelectorAll("details").forEach((one, at) => { if (open[at]) one.open = true; });
    if (focused && find(focused)) find(focused).focus({ preventScroll: true });
    heard = Date.now();
  };

  const follow = () => {
    const events = new EventSource("/events?since=" + encodeURIComponent(state));
    events.addEventListener("news", (event) => { state = event.lastEventId; draw(); });
    events.addEventListener("away", (event) => away(event.data));
    events.addEventListener("age", (event) => {
      const age = find("age");
      if (age && event.data !== "") {
        age.dataset.seconds = event.data;
        heard = Date.now();
        count();
      }
    });
    events.onerror = () => {
      away("tix serve does not answer");
      // A browser gives up after an answer that is no stream; a server that was started again has other sessions.
      if (events.readyState === EventSource.CLOSED) setTimeout(follow, 5000);
    };
  };
  setInterval(count, 1000);
  follow();
})();
