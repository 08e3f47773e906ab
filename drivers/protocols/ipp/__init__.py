"""The Internet Printing Protocol: its bytes (RFC 8010), its words (RFC 8011, PWG 5100), and what follows from them."""
