// Shows what editors find in a folder by its .graphqlrc.yml.
import { loadConfig } from "graphql-config";

const project = (await loadConfig({ rootDir: process.argv[2] })).getDefault();
const { description } = (await project.getSchema()).getQueryType();
const definitions = (await project.getDocuments()).flatMap(({ document }) => document.definitions);
console.log(`Query: ${description}`);
console.log(definitions.map(({ name }) => name.value).join(", "));
