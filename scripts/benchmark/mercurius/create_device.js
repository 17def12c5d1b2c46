// createDevice: the rows that the gateway writes, in one transaction.
import { randomBytes } from "node:crypto";

import { database, statement } from "./database.js";

const insertDevice = statement(`
  INSERT INTO device (id, name, name_folded, status, client_id, project_id, device_specification_id, version,
    created_at, created_by, modified_at, modified_by)
  VALUES ($id, $name, $nameFolded, $status, $clientId, $projectId, $deviceSpecificationId, $version,
    $at, $by, $at, $by)`);
const insertAdapter = statement(`
  INSERT INTO network_adapter (id, device_id, client_id, type, identifier, created_at, created_by, modified_at,
    modified_by)
  VALUES ($id, $deviceId, $clientId, $type, $identifier, $at, $by, $at, $by)`);
const insertEvent = statement(`
  INSERT INTO device_event (device_id, version, client_id, type, occurred_at, occurred_by, changes)
  VALUES ($id, 1, $clientId, 'DEVICE_CREATED', $at, $by, $changes)`);

const FIELDS = ["name", "status", "clientId", "projectId", "deviceSpecificationId"];

const insert = database.transaction((device, adapters) => {
  insertDevice.run(device);
  for (const adapter of adapters) insertAdapter.run(adapter);
  const changes = [
    ...FIELDS.map((field) => [field, null, device[field]]),
    ...adapters.map(({ urn }) => ["networkAdapters", null, urn]),
  ];
  insertEvent.run({ ...device, changes: JSON.stringify(changes) });
});

export function createDevice({ networkAdapters, ...values }, by) {
  const at = new Date().toISOString();
  const [id, ...ids] = [values, ...networkAdapters].map(() => uuid7(Date.now())).sort();
  const device = { ...values, id, nameFolded: values.name.toLowerCase(), version: 1, at, by };
  const owner = { deviceId: id, clientId: values.clientId, at, by };
  const adapters = networkAdapters.map((input, index) => ({ ...adapter(input), ...owner, id: ids[index] }));
  insert.immediate(device, adapters);
  return { device, userErrors: [] };
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
