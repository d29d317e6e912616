"""The connectors that come with the product, one file per source. Reached through entry points."""
