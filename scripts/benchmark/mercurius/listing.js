// Pages of devices by filter and order, with keyset pagination: the SQL that the arguments ask for.
import { decodeCursor, encodeCursor } from "./cursors.js";
import { statement } from "./database.js";

const COLUMNS = `id, name, status, barcode, description, version, client_id AS clientId, project_id AS projectId,
  device_specification_id AS deviceSpecificationId, created_at AS createdAt, created_by AS createdBy,
  modified_at AS modifiedAt, modified_by AS modifiedBy`;

const CONDITIONS = {
  clientId: "client_id = ?",
  createdSince: "created_at >= ?",
  search: "rowid IN (SELECT rowid FROM device_search WHERE device_search MATCH ?)",
};

export const deviceByAdapter = statement(
  `SELECT ${COLUMNS} FROM device
    WHERE id = (SELECT device_id FROM network_adapter WHERE type = ? AND identifier = ?)`,
);

// Mercurius keys what its loaders batch by the JSON of the parents, all of it unless they say what is enough.
class Device {
  toJSON() {
    return this.id;
  }
}

export class DevicePage {
  constructor({ filter, orderBy, first = 50, after }) {
    this.keys = sortKeys(orderBy);
    this.order = this.keys.map((key) => (key.descending ? `-${key.column}` : key.column)).join(",");
    this.conditions = [];
    this.values = [];
    for (const [name, value] of Object.entries(filter ?? {})) {
      this.conditions.push(CONDITIONS[name]);
      this.values.push(name === "search" ? searchPhrase(value) : value);
    }
    const rows = this.#rows(first, after);
    this.hasNextPage = rows.length > first;
    this.nodes = this.hasNextPage ? rows.slice(0, first) : rows;
  }

  get pageInfo() {
    return this;
  }

  get totalCount() {
    return statement(`SELECT count(*) FROM device ${where(this.conditions)}`).pluck().get(this.values);
  }

  get endCursor() {
    const last = this.nodes.at(-1);
    return last ? encodeCursor(this.order, this.keys.map((key) => last[key.field])) : null;
  }

  #rows(first, after) {
    const conditions = [...this.conditions];
    const values = [...this.values];
    if (after) beyond(this.keys, decodeCursor(after, this.order), conditions, values);
    const sorting = this.keys.map((key) => `${key.column} ${key.descending ? "DESC" : "ASC"}`).join(", ");
    const sql = `SELECT ${COLUMNS} FROM device ${where(conditions)} ORDER BY ${sorting} LIMIT ?`;
    // One row more than asked for tells whether there is another page.
    const rows = statement(sql).all(...values, first + 1);
    for (const row of rows) Object.setPrototypeOf(row, Device.prototype);
    return rows;
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

function searchPhrase(text) {
  return `{name_folded description_folded} : "${text.toLowerCase().replaceAll('"', '""')}"`;
}
