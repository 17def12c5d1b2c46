// Mercurius loaders: one statement for all parents. They read the columns that the workloads select, and no others.
import { among, array, rows } from "./database.js";

const PAGE = 50;

const ADAPTERS_OF = `
  SELECT device_id, id, type, identifier FROM network_adapter
  WHERE device_id ${among}
  ORDER BY device_id, created_at, id`;

// Devices are in a handful of groups, so to cut off the rare rest afterwards costs half of what a window function does.
const GROUPS_OF = `
  SELECT link.device_id, device_group.id, device_group.name
  FROM device_group_link AS link CROSS JOIN device_group
  WHERE link.device_id ${among} AND device_group.id = link.device_group_id
  ORDER BY link.created_at, device_group.id`;

export const loaders = {
  Device: {
    networkAdapters: (queries) => byParent(ADAPTERS_OF, queries),
    deviceGroups: async (queries) => {
      const groups = await byParent(GROUPS_OF, queries);
      return groups.map((nodes) => ({ nodes: nodes.slice(0, PAGE) }));
    },
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

async function byParent(sql, queries) {
  const found = new Map(queries.map(({ obj }) => [obj.id, []]));
  for (const row of await rows(sql, [array([...found.keys()])])) found.get(row.device_id).push(row);
  return queries.map(({ obj }) => found.get(obj.id));
}
