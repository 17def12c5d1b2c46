import { readToken, removeToken, storeToken, takeTokenFromAddress } from "./token.js";

import { EditorSettings } from "./editor-settings.js";
import { connect } from "./fetcher.js";
import { showChosenTheme, storageWithoutHeaders } from "./storage.js";
import { TokenForm } from "./token-form.jsx";
import { TokenLine } from "./token-line.jsx";
import { explorerPlugin } from "@graphiql/plugin-explorer";
import { HISTORY_PLUGIN } from "@graphiql/plugin-history";
import { GraphiQL } from "graphiql";
import { useEffect, useMemo, useState } from "react";
import { createRoot } from "react-dom/client";

// After the scripts, because GraphiQL's styles must come after those of Monaco to override them.
import "./fonts.css";
// Not graphiql/style.css, which repeats Monaco's styles and holds the fonts as data: addresses,
// which the Content-Security-Policy forbids.
import "@graphiql/react/style.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "graphiql/graphiql.css";
import "./style.css";
import "./narrow.css";

const config = JSON.parse(document.getElementById("config").textContent);
// GraphiQL would hide the variables of all examples, since the first has none. On a telephone they would take too much.
const isWide = matchMedia("(min-width: 801px)").matches;
const plugins = [HISTORY_PLUGIN, explorerPlugin()];

globalThis.MonacoEnvironment = {
  getWorker(_, label) {
    const name = ["graphql", "json"].includes(label) ? label : "editor";
    return new Worker(`/graphiql/assets/${name}.worker.js`);
  },
};

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
  const { fetcher, verifyToken } = useMemo(
    () => connect(token, (reason) => readToken() === token && drop(reason)),
    [token],
  );

  if (token === null) return <TokenForm refusal={refusal} onSubmit={enter} />;
  return (
    <GraphiQL
      fetcher={fetcher}
      plugins={plugins}
      defaultTabs={config.examples}
      defaultEditorToolsVisibility={isWide && "variables"}
      schemaDescription
      shouldPersistHeaders={false}
      storage={storageWithoutHeaders}
    >
      <GraphiQL.Logo>Devices gateway</GraphiQL.Logo>
      <GraphiQL.Footer>
        <EditorSettings />
        <TokenLine token={token} onEnd={verifyToken} onChange={() => drop(null)} />
      </GraphiQL.Footer>
    </GraphiQL>
  );
}

showChosenTheme();
createRoot(document.getElementById("root")).render(<App />);
