// A subgraph that knows devices by any of their identifiers, groups by their ids, and cellular adapters by their IMEIs:
// when a device is due, where the devices of a group are, and by which tariff an adapter is billed. It takes its port,
// an IMEI, and the names of the devices that are due.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { buildSchema, graphql } from "graphql";

const [port, imei, ...names] = process.argv.slice(2);
const [, ...definitions] = readFileSync(new URL("maintenance.graphql", import.meta.url), "utf8").split("\n");
const schema = buildSchema(`
  directive @key(fields: String!) repeatable on OBJECT
  directive @shareable on OBJECT
  scalar _Any
  union _Entity = Device | DeviceGroup | CellularNetworkAdapter
  extend type Query { _entities(representations: [_Any!]!): [_Entity]! }
  ${definitions.join("\n")}`);

const device = (identifier) => ({ __typename: "Device", identifier, dueAt: `due: ${identifier}` });
const group = (id) => ({ __typename: "DeviceGroup", id, site: `site: ${id}` });
const adapter = (imei) => ({ __typename: "CellularNetworkAdapter", imei, tariff: `tariff: ${imei}` });
const named = {
  Device: ({ identifier }) => device(identifier),
  DeviceGroup: ({ id }) => group(id),
  CellularNetworkAdapter: ({ imei }) => adapter(imei),
};
const rootValue = {
  due: { nodes: names.map(device), pageInfo: { hasNextPage: false, hasPreviousPage: false } },
  billed: [adapter(imei)],
  _entities: ({ representations }) => representations.map((each) => named[each.__typename](each)),
};

createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  const { query: source, variables: variableValues } = JSON.parse(body);
  response.setHeader("Content-Type", "application/json");
  response.end(JSON.stringify(await graphql({ schema, source, rootValue, variableValues })));
}).listen(Number(port), "127.0.0.1");
