"""The operators' dashboard: what a page shows, as values (sight), in words (words), as HTML (render)."""
