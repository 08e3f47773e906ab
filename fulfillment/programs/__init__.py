"""G-code files of anybody: what they are, what they say, and what a machine would make of them. Read part by part."""
