"""The rules that people edit: those that the project ships, and their own in RULES_DIR laid over them."""
