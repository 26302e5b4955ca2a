"""From engine queues to Qt signals."""
