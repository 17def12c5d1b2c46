import type { CodegenConfig } from "@graphql-codegen/cli";

// All three are text in JSON. With `strictScalars`, one without a type would be an error instead of `unknown`.
const scalars = { DateTime: "string", DeviceIdentifier: "string", UUID: "string" };
const common = { importExtension: ".js" as const, schema: "../schema.graphql", documents: "../documents.graphql" };

const config: CodegenConfig = {
  ...common,
  config: { scalars, strictScalars: true, useTypeImports: true },
  generates: {
    "generated/": { preset: "client", presetConfig: { fragmentMasking: { unmaskFunctionName: "unmasked" } } },
    "generated/schema.ts": { plugins: ["typescript"] },
    "generated/operations.ts": { plugins: ["typescript-operations"] },
    "generated/possible-types.ts": { plugins: ["fragment-matcher"] },
    "generated/introspection.json": { plugins: ["introspection"], config: { minify: true } },
  },
};
export default config;
