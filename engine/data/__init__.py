"""Price files in: sniffing, checks, sample series, quality audit. Nothing is imported before its use."""
