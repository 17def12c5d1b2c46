// The workloads, and no more of the API, as Mercurius serves them. Without authentication.
import { readFileSync } from "node:fs";

import Fastify from "fastify";
import mercurius from "mercurius";

import { createDevice } from "./create_device.js";
import { DevicePage, deviceByAdapter } from "./listing.js";
import { adapterResolvers, loaders } from "./relations.js";

const principal = process.env.BENCHMARK_PRINCIPAL;

const app = Fastify();
app.register(mercurius, {
  schema: readFileSync(process.env.BENCHMARK_SCHEMA, "utf8"),
  jit: 1,
  resolvers: {
    Query: {
      viewer: () => ({ principal }),
      device: (_, { identifier }) => deviceByAdapter("CELLULAR", identifier.slice("imei:".length)),
      devices: (_, args) => new DevicePage(args).read(args),
    },
    // graphql-jit calls no methods of objects.
    DeviceConnection: { totalCount: (page) => page.totalCount() },
    Mutation: { createDevice: (_, { input }) => createDevice(input, principal) },
    ...adapterResolvers,
  },
  loaders,
});
await app.listen({ host: "127.0.0.1", port: Number(process.env.BENCHMARK_PORT) });
