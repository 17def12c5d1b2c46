import { ApolloClient, HttpLink, InMemoryCache } from "@apollo/client/core";
import { relayStylePagination } from "@apollo/client/utilities";
import { FleetPageDocument, RefetchDocument, RenameDeviceDocument } from "./generated/graphql.js";
import possibleTypes from "./generated/possible-types.js";
import { headers, PAGE, url, walk } from "./walk.js";

const client = new ApolloClient({
  link: new HttpLink({ uri: url, headers }),
  cache: new InMemoryCache({
    ...possibleTypes,
    typePolicies: {
      Query: { fields: { devices: relayStylePagination(["filter", "orderBy"]) } },
      Viewer: { merge: true },
    },
  }),
});
const firstPage = { query: FleetPageDocument, variables: { first: PAGE } };
const cached = () => client.readQuery(firstPage)?.devices;

await walk({
  async loadMore() {
    const after = cached()?.pageInfo.endCursor;
    await (after ? client.watchQuery(firstPage).fetchMore({ variables: { after } }) : client.query(firstPage));
  },
  async devices() {
    return cached()?.edges.map(({ node }) => node) ?? [];
  },
  async rename(device, name) {
    const { data } = await client.mutate({ mutation: RenameDeviceDocument, variables: { input: { device, name } } });
    return data?.updateDevice ?? null;
  },
  async refetch(id) {
    const { data } = await client.query({ query: RefetchDocument, variables: { id }, fetchPolicy: "network-only" });
    return data?.node ?? null;
  },
});
client.stop();
