"""The acts of the trade: plain functions, a module per subject. They do not commit; whoever calls them does, once."""
