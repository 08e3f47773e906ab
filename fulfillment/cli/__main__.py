"""`python -m fulfillment.cli`: what the supervisor starts its programs by."""

from fulfillment.cli import main

main()
