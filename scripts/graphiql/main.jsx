import { readToken, removeToken, storeToken, takeTokenFromAddress } from "./token.js";

import { createFetcher } from "./fetcher.js";
import { GraphiQL } from "graphiql";
import { useEffect, useMemo, useState } from "react";
import { createRoot } from "react-dom/client";

// After the scripts, because GraphiQL's styles must come after those of Monaco to override them.
import "@fontsource/fira-code/latin-400.css";
import "@fontsource/roboto/latin-400.css";
import "@fontsource/roboto/latin-500.css";
// Not graphiql/style.css, which repeats Monaco's styles and holds the fonts as data: addresses,
// which the Content-Security-Policy forbids.
import "@graphiql/react/style.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "graphiql/graphiql.css";
import "./style.css";

const config = JSON.parse(document.getElementById("config").textContent);
const exampleTabs = config.examples.map((query) => ({ query }));

globalThis.MonacoEnvironment = {
  getWorker(_, label) {
    const name = ["graphql", "json"].includes(label) ? label : "editor";
    return new Worker(`/graphiql/assets/${name}.worker.js`);
  },
};

// The history plugin stores what is in the headers editor, whatever shouldPersistHeaders says,
// and a token may be there.
const storageWithoutHeaders = {
  get length() {
    return localStorage.length;
  },
  clear: () => localStorage.clear(),
  getItem: (key) => localStorage.getItem(key),
  removeItem: (key) => localStorage.removeItem(key),
  setItem(key, value) {
    const isHistory = ["graphiql:queries", "graphiql:favorites"].includes(key);
    localStorage.setItem(key, isHistory ? withoutHeaders(value) : value);
  },
};

function withoutHeaders(json) {
  return JSON.stringify(JSON.parse(json, (key, value) => (key === "headers" ? undefined : value)));
}

function App() {
  const [token, setToken] = useState(readToken);
  const [refusal, setRefusal] = useState(null);

  // A link that is opened in a tab which shows the page already changes the fragment alone.
  useEffect(() => {
    function onHashChange() {
      takeTokenFromAddress();
      setToken(readToken());
    }
    addEventListener("hashchange", onHashChange);
    return () => removeEventListener("hashchange", onHashChange);
  }, []);

  function enter(newToken) {
    storeToken(newToken);
    setToken(newToken);
  }

  function drop(reason) {
    removeToken();
    setToken(null);
    setRefusal(reason);
  }

  // An answer may be to the token before. A new fetcher makes GraphiQL load the schema again.
  const fetcher = useMemo(
    () => createFetcher(token, (reason) => readToken() === token && drop(reason)),
    [token],
  );

  if (token === null) return <TokenForm refusal={refusal} onSubmit={enter} />;
  return (
    <GraphiQL
      fetcher={fetcher}
      defaultTabs={exampleTabs}
      shouldPersistHeaders={false}
      storage={storageWithoutHeaders}
    >
      <GraphiQL.Logo>
        <div className="gateway-logo">
          Devices gateway
          <button type="button" className="graphiql-button" onClick={() => drop(null)}>
            Change access token
          </button>
        </div>
      </GraphiQL.Logo>
    </GraphiQL>
  );
}

function TokenForm({ refusal, onSubmit }) {
  function submit(event) {
    event.preventDefault();
    onSubmit(new FormData(event.target).get("token").trim());
  }

  return (
    <form className="token-form" onSubmit={submit}>
      <h1>Devices gateway</h1>
      {refusal && <p role="alert">{refusal}</p>}
      <p id="token-hint">
        The gateway needs an access token, which stays in this browser tab. Where its key is the
        embedded one, <code>gateway token --all-clients</code> prints one.
      </p>
      <label htmlFor="token">Access token</label>
      <input
        id="token"
        name="token"
        type="password"
        autoComplete="off"
        aria-describedby="token-hint"
        required
        autoFocus
      />
      <button>Open GraphiQL</button>
    </form>
  );
}

createRoot(document.getElementById("root")).render(<App />);
