// For each line of the input, asks the same query by Apollo's automatic persisted queries, and prints what comes and
// which requests it took: their methods, and whether they had the text. `get` sends hashes by GET.

import { createHash } from "node:crypto";
import { createInterface } from "node:readline";
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from "@apollo/client/core";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { authorization, url } from "./common.js";

const [document, get] = process.argv.slice(4);
let requests = [];

const fetchAndRecord = (address, options) => {
  requests.push(`${options.method} ${/[?&"]query["=]/.test(options.body ?? address) ? "text" : "hash"}`);
  return fetch(address, options);
};
const link = ApolloLink.from([
  new PersistedQueryLink({
    sha256: (text) => createHash("sha256").update(text).digest("hex"),
    useGETForHashedQueries: get === "get",
  }),
  new HttpLink({ uri: url, headers: { authorization }, fetch: fetchAndRecord }),
]);
const client = new ApolloClient({ link, cache: new InMemoryCache() });

for await (const _ of createInterface({ input: process.stdin })) {
  requests = [];
  const shown = await client
    .query({ query: gql(document), fetchPolicy: "no-cache" })
    .then(({ data }) => JSON.stringify(data), (error) => `error: ${error.message}`);
  console.log(`${requests.join(", ")}: ${shown}`);
}
