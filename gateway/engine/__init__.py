"""Executes GraphQL operations in columns (DESIGN, section 10). It knows GraphQL, and nothing of devices.

`document` plans an operation once and executes the plan, `planning` makes plans out of documents, `plan`, `objects` and
`shapes` are what they consist of, `source` makes functions for them, `column` is what a schema says of its fields, and
`failures` what becomes of what failed.
"""
