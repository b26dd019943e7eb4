"""People are told of a trouble once, and once more when it is over."""
