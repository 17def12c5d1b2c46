// The schema and the documents as @graphql-eslint's own sets of rules want them, but for what others decide: the REST API and
// Relay's specification.
import graphql from "@graphql-eslint/eslint-plugin";

const common = {
  languageOptions: {
    parser: graphql.parser,
    parserOptions: { graphQLConfig: { schema: "schema.graphql", documents: "documents.graphql" } },
  },
  plugins: { "@graphql-eslint": graphql },
};

export default [
  {
    ...common,
    files: ["schema.graphql"],
    rules: {
      ...graphql.configs["flat/schema-recommended"].rules,
      ...graphql.configs["flat/schema-relay"].rules,
      // Relay does not ask for it: short lists, such as those of `nodes(ids:)` and `networkAdapters`, are no pages.
      "@graphql-eslint/relay-edge-types": ["error", { listTypeCanWrapOnlyEdgeType: false }],
      // What is no object of its own has no id: parts of a page, answers to changes, who asks and what that may cost.
      "@graphql-eslint/strict-id-in-types": [
        "error",
        {
          exceptions: {
            suffixes: ["Connection", "Edge", "Link", "Payload"],
            types: [
              "CreateDeviceResult",
              "DeviceFacet",
              "DeviceFacetValue",
              "FieldChange",
              "PageInfo",
              "RateLimit",
              "UserError",
              "Viewer",
            ],
          },
        },
      ],
      // `Device.deviceSpecificationId`, `deviceGroups` and `deviceGroupLink` are the REST API's names.
      "@graphql-eslint/no-typename-prefix": "off",
    },
  },
  { ...common, files: ["documents.graphql"], rules: graphql.configs["flat/operations-recommended"].rules },
];
