// Mercurius loaders: one statement for all parents. They read the columns that the workloads select, and no others.
import { statement } from "./database.js";

const PAGE = 50;

const adapters = statement(`
  SELECT device_id, id, type, identifier FROM network_adapter
  WHERE device_id IN (SELECT value FROM json_each(?))
  ORDER BY device_id, created_at, id`);

// Devices are in a handful of groups, so to cut off the rare rest afterwards costs half of what a window function does.
const groups = statement(`
  SELECT link.device_id, device_group.id, device_group.name
  FROM json_each(?) AS device
    CROSS JOIN device_group_link AS link ON link.device_id = device.value
    CROSS JOIN device_group ON device_group.id = link.device_group_id
  ORDER BY link.created_at, device_group.id`);

export const loaders = {
  Device: {
    networkAdapters: async (queries) => byParent(adapters, queries),
    deviceGroups: async (queries) => byParent(groups, queries).map((nodes) => ({ nodes: nodes.slice(0, PAGE) })),
  },
};

export const adapterResolvers = {
  NetworkAdapter: { resolveType: ({ type }) => ADAPTERS[type] },
  CellularNetworkAdapter: {
    imei: ({ identifier }) => identifier,
    urn: ({ identifier }) => `urn:dev:imei:${identifier}`,
  },
  LoraNetworkAdapter: {
    devEui: ({ identifier }) => identifier,
    urn: ({ identifier }) => `urn:dev:deveui:${identifier.toLowerCase()}`,
  },
  GenericNetworkAdapter: {
    dvnUuid: ({ identifier }) => identifier,
    urn: ({ identifier }) => `urn:dev:dvnuuid:${identifier}`,
  },
};

const ADAPTERS = {
  CELLULAR: "CellularNetworkAdapter",
  LORA: "LoraNetworkAdapter",
  GENERIC: "GenericNetworkAdapter",
};

function byParent(select, queries) {
  const found = new Map(queries.map(({ obj }) => [obj.id, []]));
  for (const row of select.all(JSON.stringify([...found.keys()]))) found.get(row.device_id).push(row);
  return queries.map(({ obj }) => found.get(obj.id));
}
