"""The record of what is to be made: states, store, queue, dispatch, reconciliation."""
