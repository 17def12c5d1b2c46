// How the page asks the gateway: one answer by JSON, and a subscription by server-sent events.

import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { getOperationAST } from "graphql";
import { createClient } from "graphql-sse";

const url = "/graphql";

// `onRefused` is called with the reason where the gateway refuses the token. `verifyToken` asks for nothing but that.
export function connect(token, onRefused) {
  async function fetchWithToken(address, init) {
    const headers = new Headers(init.headers);
    if (headers.has("Authorization")) return fetch(address, init);
    headers.set("Authorization", `Bearer ${token}`);
    const response = await fetch(address, { ...init, headers });
    if (response.status === 401) onRefused(await reasonOf(response.clone()));
    return response;
  }

  const ask = createGraphiQLFetcher({ url, fetch: fetchWithToken });

  function fetcher(request, options) {
    const { documentAST, headers } = options ?? {};
    const operation = documentAST && getOperationAST(documentAST, request.operationName);
    return operation?.operation === "subscription"
      ? subscribe(request, headers, fetchWithToken)
      : ask(request, options);
  }

  function verifyToken() {
    const headers = { "Content-Type": "application/json" };
    const body = JSON.stringify({ query: "{ __typename }" });
    // A gateway that is away says nothing about the token.
    fetchWithToken(url, { method: "POST", headers, body }).catch(() => {});
  }

  return { fetcher, verifyToken };
}

// A connection that is lost is opened again, and goes on after the last event.
function subscribe(request, headers, fetchWithToken) {
  let cursor;
  const client = createClient({
    url,
    headers: () => ({ ...headers, ...(cursor && { "Last-Event-ID": cursor }) }),
    async fetchFn(address, init) {
      const response = await fetchWithToken(address, init);
      return response.status >= 400 && response.status < 500 ? asEvents(response) : response;
    },
    onMessage({ data }) {
      cursor = data?.data?.deviceEvents?.cursor ?? cursor;
    },
  });
  return client.iterate(request);
}

// The client would try again what is refused, and not show why.
async function asEvents(response) {
  return new Response(`event: next\ndata: ${await response.text()}\n\nevent: complete\ndata:\n\n`);
}

async function reasonOf(response) {
  const answer = await response.json().catch(() => null);
  return answer?.errors?.[0]?.message ?? "The gateway refused the access token.";
}
