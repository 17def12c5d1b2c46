"""Executes GraphQL operations in columns: each field for all the objects of a level at once.

It knows GraphQL, and nothing of devices. `document` plans an operation once and executes the plan; `planning` makes
plans of documents; `selection_set`, `planned_fields`, `completion` and `objects` are what plans consist of; `code`
compiles functions for them; `resolvers` is what a schema says of its fields, and `graphql_core` executes those of which
it says nothing; `response_path` and `null_propagation` are about where values lie in a response, and what becomes of
those that failed; `reports` is how a caller is told of its mistakes.
"""
