"""The lists of the floor: what to fetch, what belongs together, what goes into which pocket. Data from the record, as
facts for the templates of ``fulfillment.papers``. A new one is one file here and one line in LISTS."""
