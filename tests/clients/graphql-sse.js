import { fail, show, sseClient, text } from "./common.js";

sseClient().subscribe({ query: text }, { next: ({ data }) => show(data), error: fail, complete() {} });
