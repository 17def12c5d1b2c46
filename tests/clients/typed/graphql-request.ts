import { GraphQLClient } from "graphql-request";
import { FleetPageDocument, RefetchDocument, RenameDeviceDocument } from "./generated/graphql.js";
import { headers, PAGE, url, walk } from "./walk.js";

const client = new GraphQLClient(url, { headers });
let shown = 0;

await walk({
  async loadMore() {
    shown += PAGE;
  },
  async devices() {
    const { devices } = await client.request(FleetPageDocument, { first: shown });
    return devices?.edges.map(({ node }) => node) ?? [];
  },
  async rename(device, name) {
    return (await client.request(RenameDeviceDocument, { input: { device, name } })).updateDevice;
  },
  async refetch(id) {
    return (await client.request(RefetchDocument, { id })).node;
  },
});
