import { cursor, fail, show, text, webSocketClient } from "./common.js";

// The client sends its request again as it is by then.
const request = { query: text, variables: {} };
webSocketClient().subscribe(request, {
  next({ data }) {
    show(data);
    request.variables.after = cursor();
  },
  error: fail,
  complete() {},
});
