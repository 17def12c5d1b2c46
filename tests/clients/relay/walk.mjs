// The components of an application, without a screen: a page by page list whose items are refetched and changed.

import { createElement, Suspense } from "react";
import {
  commitMutation,
  loadQuery,
  RelayEnvironmentProvider,
  usePaginationFragment,
  usePreloadedQuery,
  useRefetchableFragment,
} from "react-relay";
import { create } from "react-test-renderer";
import { Environment, Network, RecordSource, Store } from "relay-runtime";
import creation from "./__generated__/FleetCreateMutation.graphql.js";
import deletion from "./__generated__/FleetDeleteMutation.graphql.js";
import query from "./__generated__/FleetQuery.graphql.js";
import renaming from "./__generated__/FleetRenameMutation.graphql.js";
import device from "./__generated__/Fleet_device.graphql.js";
import devices from "./__generated__/Fleet_devices.graphql.js";

const [url, token] = process.argv.slice(2);
const sent = [];

async function ask({ text, name }, variables) {
  sent.push(name);
  const response = await fetch(url, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ query: text, variables }),
  });
  return response.json();
}

const environment = new Environment({ network: Network.create(ask), store: new Store(new RecordSource()) });
const onScreen = {};

function Fleet({ loaded }) {
  const list = usePaginationFragment(devices, usePreloadedQuery(query, loaded));
  onScreen.list = list;
  onScreen.items = [];
  const nodes = list.data.devices.edges.map(({ node }) => node);
  return nodes.map((node, place) => createElement(Device, { key: node.id, node, place }));
}

function Device({ node, place }) {
  const [data, refetch] = useRefetchableFragment(device, node);
  onScreen.items[place] = { id: node.id, refetch, ...data };
  return data.name;
}

/** Does something, and waits until its answer has come and the components show it. */
async function until(doing) {
  await new Promise(doing);
  await new Promise((resolve) => setTimeout(resolve, 50));
}

const change = (mutation, variables) =>
  until((resolve, onError) => {
    commitMutation(environment, { mutation, variables, onError, onCompleted: (data) => resolve((answer = data)) });
  });
const show = () => console.log(onScreen.items.map(({ name }) => name).join(", "));
let answer;

const loaded = loadQuery(environment, query, { first: 2 });
const fleet = createElement(Suspense, { fallback: "…" }, createElement(Fleet, { loaded }));
await until((resolve, reject) => loaded.source.subscribe({ complete: resolve, error: reject }));
await until((resolve) => resolve(create(createElement(RelayEnvironmentProvider, { environment }, fleet))));
show();
await until((onComplete) => onScreen.list.loadNext(2, { onComplete }));
show();

const [first] = onScreen.items;
console.log("adapters:", ...first.networkAdapters.map(({ __typename }) => __typename));
await change(renaming, { input: { device: first.id, name: "Pump One" } });
show();
await change(renaming, { input: { device: first.id, name: " " } });
for (const { code, field } of answer.updateDevice.userErrors) console.log("refused:", code, field.join("."));
await until((onComplete) => onScreen.items[0].refetch({}, { fetchPolicy: "network-only", onComplete }));
console.log("node:", onScreen.items[0].__typename, onScreen.items[0].name);

const connections = [onScreen.list.data.devices.__id];
const owner = "82283d15-a9ec-4806-b05f-ca161622bd79";
const input = { name: "Pump 6", clientId: first.clientId, projectId: owner, deviceSpecificationId: owner };
await change(creation, { input, connections });
show();
await change(deletion, { input: { device: onScreen.items.at(-1).id }, connections });
show();
console.log("sent:", sent.join(", "));
process.exit(); // Relay keeps what nobody looks at for five minutes.
