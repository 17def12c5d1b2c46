import { ApolloClient, ApolloLink, gql, InMemoryCache } from "@apollo/client/core";
import { print } from "graphql";
import { Observable } from "rxjs";
import { fail, show, sseClient, text } from "./common.js";

const sse = sseClient();
const link = new ApolloLink(
  ({ query, variables, operationName }) =>
    new Observable((sink) =>
      sse.subscribe(
        { query: print(query), variables, operationName },
        {
          next: (result) => sink.next(result),
          error: (error) => sink.error(error),
          complete: () => sink.complete(),
        },
      ),
    ),
);
const client = new ApolloClient({ link, cache: new InMemoryCache() });
client
  .subscribe({ query: gql(text) })
  .subscribe(({ data, error }) => (error ? fail(error) : show(data)));
