"""GraphQL: the needed part of GitHub's schema, executed by graphql-core."""
