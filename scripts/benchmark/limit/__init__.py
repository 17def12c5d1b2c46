"""The limit: what SQLite and HTTP allow, with neither GraphQL nor authentication in between."""
