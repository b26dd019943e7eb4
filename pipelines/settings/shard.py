"""What is called after the shard. With no name it is called as ever."""

LOCATION = "servicetitan-flow"  # Dagster's code location


def of_shard(name: str, shard: str) -> str:
    """Of several shards in one Dagster, each has jobs, a pool and a code location of its own: ``sync_west``."""
    return f"{name}_{shard}" if shard else name
