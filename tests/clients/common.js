// What every client of these tests does: it follows the events, prints the name of the device of each, and comes back
// with the cursor of the last one.

import { createClient as createSseClient } from "graphql-sse";
import { createClient as createWebSocketClient } from "graphql-ws";
import WebSocket from "ws";

export const [url, token] = process.argv.slice(2);
export const authorization = `Bearer ${token}`;
export const text = `
  subscription Changes($after: String) {
    deviceEvents(after: $after) { cursor node { device { name } } }
  }`;

let seen = null;
export const cursor = () => seen;

export function show(data) {
  seen = data.deviceEvents.cursor;
  console.log(data.deviceEvents.node.device.name);
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 100));

export const webSocketClient = () =>
  createWebSocketClient({
    url: url.replace("http", "ws"),
    webSocketImpl: WebSocket,
    connectionParams: { authorization },
    retryAttempts: Infinity,
    retryWait: pause,
    shouldRetry: () => true,
    on: { connected: () => console.error("connected") },
  });

// EventSource would send the header by itself.
export const sseClient = () =>
  createSseClient({
    url,
    headers: () => ({ authorization, ...(cursor() && { "Last-Event-ID": cursor() }) }),
    retryAttempts: Infinity,
    retry: pause,
    on: { connected: () => console.error("connected") },
  });

export function fail(error) {
  console.log(`error: ${error.message ?? JSON.stringify(error)}`);
}
