"""A stand-in of a Salesforce org: the REST API's behaviour over HTTPS on loopback, kept in memory."""
