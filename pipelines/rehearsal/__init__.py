"""What a tenant would have mailed in the last days, had it been live: on a copy, and nobody hears of it."""
