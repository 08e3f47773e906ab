"""One file a template: a value ``TEMPLATE``, and ``build(given)`` that only the CAD worker calls. Found by name."""
