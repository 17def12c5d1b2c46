// How the page asks the gateway: one answer by JSON, and a subscription by server-sent events.

import { createClient, type RequestParams } from "graphql-sse";
import {
  Environment,
  Network,
  Observable,
  type GraphQLResponse,
  type RequestParameters,
  type Variables,
} from "relay-runtime";

const url = "/graphql";
const SECOND = 1000;

// `onRefused` is called with the reason where the gateway refuses the token.
export function createEnvironment(token: string, onRefused: (reason: string) => void): Environment {
  async function fetchWithToken(address: RequestInfo | URL, init?: RequestInit) {
    const headers = new Headers(init?.headers);
    headers.set("Authorization", `Bearer ${token}`);
    const response = await fetch(address, { ...init, headers });
    if (response.status === 401) onRefused(reasonOf(await answerOf(response.clone())));
    return response;
  }

  async function ask(document: RequestParameters, variables: Variables): Promise<GraphQLResponse> {
    const response = await fetchWithToken(url, {
      method: "POST",
      headers: {
        Accept: "application/graphql-response+json, application/json;q=0.9",
        "Content-Type": "application/json",
      },
      body: JSON.stringify(requestFor(document, variables)),
    });
    const answer = await answerOf(response);
    // Half an answer would look like a whole one.
    if (answer.errors) throw new Error(reasonOf(answer));
    return answer;
  }

  // A connection that is lost is opened again, and goes on after the last event.
  function subscribe(
    document: RequestParameters,
    variables: Variables,
  ): Observable<GraphQLResponse> {
    return Observable.create((sink) => {
      let cursor: string | undefined;
      const client = createClient({
        url,
        fetchFn: fetchWithToken,
        headers: (): Record<string, string> => (cursor ? { "Last-Event-ID": cursor } : {}),
        retryAttempts: Infinity,
        retry: () => new Promise((resolve) => setTimeout(resolve, SECOND * (1 + Math.random()))),
      });
      return client.subscribe<{ deviceEvents: { cursor: string } }>(
        requestFor(document, variables),
        {
          next(response) {
            cursor = response.data?.deviceEvents.cursor ?? cursor;
            sink.next(response as GraphQLResponse);
          },
          error: (error) => sink.error(error as Error),
          complete: () => sink.complete(),
        },
      );
    });
  }

  return new Environment({ network: Network.create(ask, subscribe) });
}

// The published page sends the id of a document, and the page in development its text.
function requestFor({ id, text, name }: RequestParameters, variables: Variables): RequestParams {
  const document = id ? { documentId: id } : { query: text };
  return { ...document, operationName: name, variables } as RequestParams;
}

// What stands before the gateway speaks no GraphQL.
async function answerOf(response: Response) {
  const reason = `The gateway does not answer (status ${response.status}).`;
  return response.json().catch(() => ({ errors: [{ message: reason }] }));
}

function reasonOf(answer: { errors?: { message: string }[] }): string {
  return answer.errors?.[0]?.message ?? "The gateway gave no reason.";
}
