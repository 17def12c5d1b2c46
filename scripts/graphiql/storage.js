// What GraphiQL remembers in this browser.

const THEME_KEY = "graphiql:theme";
const HISTORY_KEYS = ["graphiql:queries", "graphiql:favorites"];

// The history plugin stores what is in the headers editor, whatever shouldPersistHeaders says,
// and a token may be there.
export const storageWithoutHeaders = {
  get length() {
    return localStorage.length;
  },
  clear: () => localStorage.clear(),
  getItem: (key) => localStorage.getItem(key),
  removeItem: (key) => localStorage.removeItem(key),
  setItem(key, value) {
    localStorage.setItem(key, HISTORY_KEYS.includes(key) ? withoutHeaders(value) : value);
  },
};

function withoutHeaders(json) {
  return JSON.stringify(JSON.parse(json, (key, value) => (key === "headers" ? undefined : value)));
}

// GraphiQL marks the body like this itself, but not while the page asks for a token.
export function showChosenTheme() {
  const theme = localStorage.getItem(THEME_KEY);
  if (theme) document.body.classList.add(`graphiql-${theme}`);
}
