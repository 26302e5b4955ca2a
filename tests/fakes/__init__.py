"""Stand-ins that the tests share: prices, strategies that misbehave, readers of job events."""
