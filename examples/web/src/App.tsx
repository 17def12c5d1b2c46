import { useEffect, useMemo, useState } from "react";
import { RelayEnvironmentProvider } from "react-relay";
import { createEnvironment } from "./environment";
import { FleetPage } from "./FleetPage";
import { readToken, removeToken, storeToken, takeTokenFromAddress } from "./token";
import { TokenForm } from "./TokenForm";
import { Waiting } from "./Waiting";

takeTokenFromAddress();

export function App() {
  const [token, setToken] = useState(readToken);
  const [refusal, setRefusal] = useState<string | null>(null);

  // A link that is opened in a tab which shows the page already changes the fragment alone.
  useEffect(() => {
    function onHashChange() {
      takeTokenFromAddress();
      setToken(readToken());
    }
    addEventListener("hashchange", onHashChange);
    return () => removeEventListener("hashchange", onHashChange);
  }, []);

  function enter(newToken: string) {
    storeToken(newToken);
    setToken(newToken);
  }

  function drop(reason: string | null) {
    removeToken();
    setToken(null);
    setRefusal(reason);
  }

  // An answer may be to the token before.
  const environment = useMemo(
    () => token && createEnvironment(token, (reason) => readToken() === token && drop(reason)),
    [token],
  );
  if (!environment) return <TokenForm refusal={refusal} onSubmit={enter} />;
  return (
    <main>
      <header>
        <h1>Fleet</h1>
        <button type="button" onClick={() => drop(null)}>
          Change access token
        </button>
      </header>
      <RelayEnvironmentProvider environment={environment} key={token}>
        <Waiting>
          <FleetPage />
        </Waiting>
      </RelayEnvironmentProvider>
    </main>
  );
}
