import { Client, subscriptionExchange } from "@urql/core";
import { cursor, fail, show, text, webSocketClient } from "./common.js";

const webSocket = webSocketClient();
const client = new Client({
  url: "http://unused.example",
  exchanges: [
    subscriptionExchange({
      forwardSubscription({ query, variables }) {
        const request = { query, variables: { ...variables } };
        return {
          subscribe: (sink) => ({
            unsubscribe: webSocket.subscribe(request, {
              ...sink,
              next(result) {
                sink.next(result);
                request.variables.after = cursor();
              },
            }),
          }),
        };
      },
    }),
  ],
});
client.subscription(text, {}).subscribe(({ data, error }) => (error ? fail(error) : show(data)));
