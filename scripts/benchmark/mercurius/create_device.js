// createDevice: the rows that the gateway writes, in one transaction.
import { randomBytes } from "node:crypto";

import { write } from "./database.js";

const FIELDS = ["name", "status", "clientId", "projectId", "deviceSpecificationId"];

// Calls `publish` with the event as an item of `deviceEvents`, once it is committed.
export async function createDevice({ networkAdapters, ...device }, by, publish) {
  const eventId = uuid7(Date.now());
  const at = new Date().toISOString();
  const [id, ...ids] = [device, ...networkAdapters].map(() => uuid7(Date.now())).sort();
  const adapters = networkAdapters.map((input, index) => ({ id: ids[index], ...adapter(input) }));
  const recorded = { created_at: at, created_by: by, modified_at: at, modified_by: by };
  const owner = { device_id: id, client_id: device.clientId };
  const changes = [
    ...FIELDS.map((field) => [field, null, device[field]]),
    ...adapters.map(({ urn }) => ["networkAdapters", null, urn]),
  ];
  const event = { type: "DEVICE_CREATED", occurred_at: at, occurred_by: by, changes: JSON.stringify(changes) };
  const names = [id, ...adapters.map(({ urn }) => urn)];
  const entry = { client_id: device.clientId, device_id: id };
  await write([
    ...names.map((identifier) => insert("directory", { identifier, ...entry })),
    insert("device", { id, version: 1, ...columns(device), ...recorded }),
    ...adapters.map(({ urn, ...values }) => insert("network_adapter", { ...values, ...owner, ...recorded })),
    ["UPDATE event_log SET numbered = numbered + 1, head = head + 1", []],
    [
      `INSERT INTO device_event (id, version, device_id, client_id, type, occurred_at, occurred_by, changes, position)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, (SELECT head FROM event_log))`,
      [eventId, 1, id, device.clientId, ...Object.values(event)],
    ],
  ]);
  const shown = changes.map(([field, before, after]) => ({ field, before, after }));
  const node = { id: eventId, type: event.type, deviceId: id, clientId: device.clientId, version: 1, occurredAt: at };
  publish({ cursor: eventId, node: { ...node, occurredBy: by, changes: shown } });
  return { device: { ...device, id, version: 1 }, userErrors: [] };
}

function columns({ name, status, clientId, projectId, deviceSpecificationId }) {
  return {
    name,
    name_folded: name.toLowerCase(),
    status,
    client_id: clientId,
    project_id: projectId,
    device_specification_id: deviceSpecificationId,
  };
}

function insert(table, row) {
  const names = Object.keys(row);
  const marks = names.map(() => "?");
  return [`INSERT INTO ${table} (${names.join(", ")}) VALUES (${marks.join(", ")})`, Object.values(row)];
}

function adapter({ cellular, lora, generic }) {
  if (cellular) return { type: "CELLULAR", identifier: cellular.imei, urn: `urn:dev:imei:${cellular.imei}` };
  if (lora) {
    const { devEui } = lora;
    return { type: "LORA", identifier: devEui.toUpperCase(), urn: `urn:dev:deveui:${devEui.toLowerCase()}` };
  }
  const dvnUuid = generic.dvnUuid.toLowerCase();
  return { type: "GENERIC", identifier: dvnUuid, urn: `urn:dev:dvnuuid:${dvnUuid}` };
}

function uuid7(milliseconds) {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(milliseconds, 0, 6);
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}
