import { type AnyVariables, Client, type DocumentInput, fetchExchange } from "@urql/core";
import { cacheExchange } from "@urql/exchange-graphcache";
import { relayPagination } from "@urql/exchange-graphcache/extras";
import { FleetPageDocument, RefetchDocument, RenameDeviceDocument } from "./generated/graphql.js";
import schema from "./generated/introspection.json" with { type: "json" };
import { headers, PAGE, url, walk } from "./walk.js";

const client = new Client({
  url,
  fetchOptions: { headers },
  exchanges: [
    cacheExchange({
      schema,
      resolvers: { Query: { devices: relayPagination() } },
      // These have no ids, and belong to what they are found in.
      keys: {
        DeviceDeviceGroupLink: () => null,
        FieldChange: () => null,
        RateLimit: () => null,
        UserError: () => null,
        Viewer: () => null,
      },
    }),
    fetchExchange,
  ],
});

async function query<Data, Variables extends AnyVariables>(
  document: DocumentInput<Data, Variables>,
  variables: Variables,
  requestPolicy: "cache-only" | "network-only",
) {
  const { data, error } = await client.query(document, variables, { requestPolicy });
  if (error) throw error;
  return data;
}

let variables: { first: number; after?: string } = { first: PAGE };
const cached = async () => (await query(FleetPageDocument, variables, "cache-only"))?.devices;

await walk({
  async loadMore() {
    const after = (await cached())?.pageInfo.endCursor;
    if (after) variables = { ...variables, after };
    await query(FleetPageDocument, variables, "network-only");
  },
  async devices() {
    return (await cached())?.edges.map(({ node }) => node) ?? [];
  },
  async rename(device, name) {
    const { data, error } = await client.mutation(RenameDeviceDocument, { input: { device, name } });
    if (error) throw error;
    return data?.updateDevice ?? null;
  },
  async refetch(id) {
    return (await query(RefetchDocument, { id }, "network-only"))?.node ?? null;
  },
});
