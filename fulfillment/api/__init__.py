"""The HTTP side of the shop: REST under /v1, webhooks, the event stream, and the dashboard's pages."""
