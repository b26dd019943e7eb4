"""The real enqueue, outbox and dispatcher under virtual time, with a world and a network that chance decides."""
