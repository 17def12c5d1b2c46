import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import relay from "vite-plugin-relay";

const gateway = process.env.GATEWAY_ADDRESS ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react(), relay],
  // The page and the gateway have one origin, as they would behind one balancer, so no CORS is needed.
  build: { chunkSizeWarningLimit: 600 }, // In kB, most of them React's and Relay's.
  server: { proxy: { "/graphql": gateway } },
});
