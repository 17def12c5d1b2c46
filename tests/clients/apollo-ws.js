import { ApolloClient, gql, InMemoryCache } from "@apollo/client/core";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { authorization, cursor, show, text, url } from "./common.js";

// Apollo expects it where browsers have it, and Node only since version 22.
globalThis.WebSocket = WebSocket;

// A connection that is lost ends the subscription, so that the application asks again, with its cursor.
const link = new GraphQLWsLink(
  createClient({
    url: url.replace("http", "ws"),
    connectionParams: { authorization },
    retryAttempts: 0,
    on: { connected: () => console.error("connected") },
  }),
);
const client = new ApolloClient({ link, cache: new InMemoryCache() });

function follow() {
  client.subscribe({ query: gql(text), variables: { after: cursor() } }).subscribe(({ data, error }) => {
    if (error) setTimeout(follow, 100);
    else show(data);
  });
}

follow();
