// Pages of devices by filter and order, with keyset pagination: the SQL that the arguments ask for.
import { decodeCursor, encodeCursor } from "./cursors.js";
import { rows, search } from "./database.js";

const COLUMNS = `id, name, status, barcode, description, version, client_id AS "clientId", project_id AS "projectId",
  device_specification_id AS "deviceSpecificationId", created_at AS "createdAt", created_by AS "createdBy",
  modified_at AS "modifiedAt", modified_by AS "modifiedBy"`;

const CONDITIONS = {
  clientId: (id) => ["client_id = ?", id],
  createdSince: (instant) => ["created_at >= ?", instant],
  search: (text) => search(text.toLowerCase()),
};

const DEVICE_BY_URN = `SELECT ${COLUMNS} FROM device
  WHERE (client_id, id) = (SELECT client_id, device_id FROM directory WHERE identifier = ?)`;

export async function deviceByUrn(urn) {
  const [device] = await rows(DEVICE_BY_URN, [urn]);
  return device;
}

// Mercurius keys what its loaders batch by the JSON of the parents, all of it unless they say what is enough.
class Device {
  toJSON() {
    return this.id;
  }
}

export class DevicePage {
  constructor({ filter, orderBy }) {
    this.keys = sortKeys(orderBy);
    this.order = this.keys.map((key) => (key.descending ? `-${key.column}` : key.column)).join(",");
    this.conditions = [];
    this.values = [];
    for (const [name, wanted] of Object.entries(filter ?? {})) {
      const [condition, ...values] = CONDITIONS[name](wanted);
      this.conditions.push(condition);
      this.values.push(...values);
    }
  }

  // One row more than asked for tells whether there is another page.
  async read({ first = 50, after }) {
    const conditions = [...this.conditions];
    const values = [...this.values];
    if (after) beyond(this.keys, decodeCursor(after, this.order), conditions, values);
    const sorting = this.keys.map((key) => `${key.column} ${key.descending ? "DESC" : "ASC"}`).join(", ");
    const sql = `SELECT ${COLUMNS} FROM device ${where(conditions)} ORDER BY ${sorting} LIMIT ?`;
    const found = await rows(sql, [...values, first + 1]);
    for (const row of found) Object.setPrototypeOf(row, Device.prototype);
    this.hasNextPage = found.length > first;
    this.nodes = this.hasNextPage ? found.slice(0, first) : found;
    return this;
  }

  get pageInfo() {
    return this;
  }

  async totalCount() {
    const sql = `SELECT CAST(count(*) AS integer) AS count FROM device ${where(this.conditions)}`;
    const [{ count }] = await rows(sql, this.values);
    return count;
  }

  get endCursor() {
    const last = this.nodes.at(-1);
    return last ? encodeCursor(this.order, this.keys.map((key) => last[key.field])) : null;
  }
}

function where(conditions) {
  return conditions.length ? `WHERE ${conditions.join(" AND ")}` : "";
}

// In the direction of the last field, the id breaks ties.
function sortKeys(orderBy) {
  const fields = orderBy?.length ? orderBy : [{ field: "CREATED_AT", direction: "ASC" }];
  return [...fields, { field: "ID", direction: fields.at(-1).direction }].map(({ field, direction }) => ({
    column: field.toLowerCase(),
    field: field.toLowerCase().replace(/_(.)/g, (_, letter) => letter.toUpperCase()),
    descending: direction === "DESC",
  }));
}

// Keys of one direction compare as a row value, which an index seeks; where the direction changes, so does the rule.
function beyond(keys, position, conditions, values) {
  const turn = keys.findIndex((key) => key.descending !== keys[0].descending);
  const run = turn < 0 ? keys : keys.slice(0, turn);
  const columns = `(${run.map((key) => key.column).join(", ")})`;
  const marks = `(${run.map(() => "?").join(", ")})`;
  const sign = keys[0].descending ? "<" : ">";
  const start = position.slice(0, run.length);
  if (turn < 0) {
    conditions.push(`${columns} ${sign} ${marks}`);
    values.push(...start);
    return;
  }
  const rest = [];
  conditions.push(`${columns} ${sign}= ${marks}`);
  values.push(...start, ...start, ...start);
  beyond(keys.slice(turn), position.slice(turn), rest, values);
  conditions.push(`(${columns} ${sign} ${marks} OR ${columns} = ${marks} AND ${rest.join(" AND ")})`);
}
