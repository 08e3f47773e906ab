"""Models of the machines, written from their firmwares' documents; they import nothing of the rest."""
