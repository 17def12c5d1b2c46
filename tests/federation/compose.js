// Composes subgraphs, each given as the file of its schema and its address: `name.graphql=http://…`. Prints the
// supergraph, and what the composition has to say.

import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { composeServices as apollo } from "@apollo/composition";
import { composeServices as guild } from "@theguild/federation-composition";
import { parse } from "graphql";

const [composition, ...subgraphs] = process.argv.slice(2);
const services = subgraphs.map((given) => {
  const [file, url] = given.split("=");
  return { name: basename(file, ".graphql"), url, typeDefs: parse(readFileSync(file, "utf8")) };
});
const { supergraphSdl, errors, hints } = { apollo, guild }[composition](services);
for (const { message } of [...(errors ?? []), ...(hints ?? [])]) console.error(message);
if (supergraphSdl) console.log(supergraphSdl);
