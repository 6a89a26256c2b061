"""The command line: arguments, verbs, and what the doctor finds."""
