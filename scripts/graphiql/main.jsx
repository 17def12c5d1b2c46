import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import { useMemo, useState } from "react";
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

function createFetcher(token, onRefused) {
  return createGraphiQLFetcher({
    url: "/graphql",
    async fetch(url, init) {
      const headers = new Headers(init.headers);
      if (headers.has("Authorization")) return fetch(url, init);
      headers.set("Authorization", `Bearer ${token}`);
      const response = await fetch(url, { ...init, headers });
      if (response.status === 401) onRefused();
      return response;
    },
  });
}

function App() {
  const [token, setToken] = useState(config.token ?? sessionStorage.getItem("token"));
  const [refused, setRefused] = useState(false);

  function enter(newToken) {
    sessionStorage.setItem("token", newToken);
    setToken(newToken);
  }

  function drop(isRefused) {
    sessionStorage.removeItem("token");
    setToken(null);
    setRefused(isRefused);
  }

  // A new fetcher makes GraphiQL load the schema again.
  const fetcher = useMemo(() => createFetcher(token, () => drop(true)), [token]);

  if (token === null) return <TokenForm refused={refused} onSubmit={enter} />;
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
          {token !== config.token && (
            <button type="button" className="graphiql-button" onClick={() => drop(false)}>
              Change access token
            </button>
          )}
        </div>
      </GraphiQL.Logo>
    </GraphiQL>
  );
}

function TokenForm({ refused, onSubmit }) {
  function submit(event) {
    event.preventDefault();
    onSubmit(new FormData(event.target).get("token").trim());
  }

  return (
    <form className="token-form" onSubmit={submit}>
      <h1>Devices gateway</h1>
      {refused && <p role="alert">The gateway refused the access token.</p>}
      <p id="token-hint">
        The gateway needs an access token, which stays in this browser tab.
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
