"""What people do in an office that uses ServiceTitan, and what really happened meanwhile."""
