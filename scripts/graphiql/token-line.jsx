import { useEffect, useMemo, useState } from "react";

import { counted, readClaims, shortened, timeLeft } from "./claims.js";

const NOTICE_AT = 5 * 60_000; // milliseconds before the end

// Whose token is in use, for what, and until when. `onEnd` is called when it has ended by this browser's clock, which
// may be wrong.
export function TokenLine({ token, onEnd, onChange }) {
  const claims = useMemo(() => readClaims(token), [token]);
  const now = useNow();
  const left = claims ? claims.end - now : Infinity;
  const endsSoon = left < NOTICE_AT;
  const hasEnded = left <= 0;
  useEffect(() => {
    if (hasEnded) onEnd();
  }, [hasEnded, onEnd]);

  return (
    <div className={endsSoon ? "token-line ends-soon" : "token-line"}>
      {claims && <Claims claims={claims} left={left} />}
      {/* Read aloud as soon as it has content, so it has to be there before. */}
      <p role="status">{endsSoon && !hasEnded && "The access token ends soon: enter another one in time."}</p>
      <button type="button" className="graphiql-button" onClick={onChange}>
        Change access token
      </button>
    </div>
  );
}

function Claims({ claims: { subject, clients, scopes, end }, left }) {
  return (
    <details>
      <summary>
        Token of <code>{shortened(subject)}</code>, {reach(clients)}, {counted(scopes.length, "scope")},{" "}
        <strong>{left > 0 ? `ends in ${timeLeft(left)}` : "has ended"}</strong>
      </summary>
      <dl>
        <dt>Principal</dt>
        <dd>principal/{subject}</dd>
        <dt>Clients</dt>
        <dd>{clients === null ? "all" : clients.join(" ") || "none"}</dd>
        <dt>Scopes</dt>
        <dd>{scopes.join(" ") || "none"}</dd>
        <dt>Ends</dt>
        <dd>{new Date(end).toLocaleString()}</dd>
      </dl>
    </details>
  );
}

function reach(clients) {
  if (clients === null) return "all clients";
  return clients.length === 1 ? `client ${shortened(clients[0])}` : counted(clients.length, "client");
}

// The time in milliseconds, each second.
function useNow() {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
