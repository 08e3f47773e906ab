"""The shop: configuration, catalog, orders in, planning, processes, API, dashboard, command line."""
