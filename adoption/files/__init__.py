"""Reading files people hand in: archives, tables, and what the connectors of files share."""
