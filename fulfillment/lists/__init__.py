"""The papers that people ask for: lists of the floor (what to fetch, what belongs together, what lies where), and the
papers of a piece once more. Data from the record, as facts for the templates of ``fulfillment.papers``.

A new list is one file here and one line in :data:`fulfillment.lists.asking.LISTS`.
"""
