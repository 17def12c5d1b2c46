// The workloads, and no more of the API, as Mercurius serves them. Without authentication.
import { readFileSync } from "node:fs";

import Fastify from "fastify";
import mercurius from "mercurius";

import { createDevice } from "./create_device.js";
import { DevicePage, deviceByUrn } from "./listing.js";
import { adapterResolvers, loaders } from "./relations.js";

const EVENTS = "events";
const principal = process.env.BENCHMARK_PRINCIPAL;

const app = Fastify();
app.register(mercurius, {
  schema: readFileSync(process.env.BENCHMARK_SCHEMA, "utf8"),
  jit: 1,
  subscription: true,
  resolvers: {
    Query: {
      viewer: () => ({ principal }),
      device: (_, { identifier }) => deviceByUrn(`urn:dev:${identifier}`),
      devices: (_, args) => new DevicePage(args).read(args),
    },
    // graphql-jit calls no methods of objects.
    DeviceConnection: { totalCount: (page) => page.totalCount() },
    Mutation: {
      createDevice: (_, { input }, { pubsub }) =>
        createDevice(input, principal, (deviceEvents) => pubsub.publish({ topic: EVENTS, payload: { deviceEvents } })),
    },
    Subscription: {
      deviceEvents: {
        subscribe: mercurius.withFilter(
          (_, __, { pubsub }) => pubsub.subscribe(EVENTS),
          ({ deviceEvents }, { filter }) => filter.clientIds.includes(deviceEvents.node.clientId),
        ),
      },
    },
    ...adapterResolvers,
  },
  loaders,
});
await app.listen({ host: "127.0.0.1", port: Number(process.env.BENCHMARK_PORT) });
