"""The limit: what the database and HTTP allow, with neither GraphQL nor authentication in between."""
