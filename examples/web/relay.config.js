const { existsSync, rmSync, writeFileSync } = require("node:fs");

const config = {
  src: "./src",
  schema: "../../schema.graphql",
  language: "typescript",
  eagerEsModules: true,
  customScalarTypes: { DateTime: "string", DeviceIdentifier: "string", UUID: "string" },
};

// The page that is built sends the ids of its documents, which are written down for the gateway, beside those of earlier
// builds, whose pages may still be open. In development, where documents change all the time, it sends their text.
if (process.env.npm_lifecycle_event === "build") {
  const file = "./persisted-documents.json";
  if (!existsSync(file)) {
    writeFileSync(file, "{}");
    rmSync("./src/__generated__", { recursive: true, force: true }); // What is compiled is not written down again.
  }
  config.persistConfig = { file, algorithm: "SHA256" };
}

module.exports = config;
