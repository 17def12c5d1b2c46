// What each client does with a fleet of five devices, and what it shows of that.

import { type FragmentType, unmasked } from "./generated/fragment-masking.js";
import { DeviceItemFragmentDoc, type RefetchQuery, type RenameDeviceMutation } from "./generated/graphql.js";

export const [url, token] = process.argv.slice(2) as [string, string];
export const headers = { authorization: `Bearer ${token}` };
export const PAGE = 2;

export type Item = FragmentType<typeof DeviceItemFragmentDoc>;
export const fields = (item: Item) => unmasked(DeviceItemFragmentDoc, item);

export interface Client {
  /** Loads the first page, and then the page after the last one. */
  loadMore(): Promise<unknown>;
  /** The devices of all pages so far; a client with a cache has them there, whatever has changed. */
  devices(): Promise<Item[]>;
  rename(device: string, name: string): Promise<RenameDeviceMutation["updateDevice"]>;
  refetch(id: string): Promise<RefetchQuery["node"]>;
}

export async function walk(client: Client) {
  const show = async () => console.log((await client.devices()).map((item) => fields(item).name).join(", "));
  await client.loadMore();
  await show();
  await client.loadMore();
  await show();

  const [first] = (await client.devices()).map(fields);
  if (!first) throw new Error("There is no device.");
  console.log("adapters:", ...first.networkAdapters.map((adapter) => adapter.__typename));
  await client.rename(first.id, "Pump One");
  await show();

  const refused = await client.rename(first.id, " ");
  for (const { code, field } of refused?.userErrors ?? []) console.log("refused:", code, field?.join("."));
  const node = await client.refetch(first.id);
  console.log("node:", node?.__typename, node && "name" in node && node.name);
}
